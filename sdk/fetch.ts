/** What a request is made of; every option of axios is taken. */
export interface FetchOptions {
  url?: string;
  method?: string;
  baseURL?: string;
  headers?: any;
  /** Becomes the query string. */
  params?: any;
  /** The body; objects become JSON. */
  data?: any;
  /** Milliseconds; 0 waits for ever. */
  timeout?: number;
  /** What `data` of the response is; `json` if absent. */
  responseType?: 'arraybuffer' | 'blob' | 'document' | 'json' | 'text' | 'stream' | 'formdata';
  /** Which statuses are no error; from 200 to 299 if absent. */
  validateStatus?: ((status: number) => boolean) | null;
  [option: string]: any;
}

/** What a request answers. */
export interface FetchResponse<T = any> {
  /** The body, read as `responseType` says. */
  data: T;
  status: number;
  statusText: string;
  headers: any;
  config: any;
  request?: any;
}

/** An axios instance. A status that `validateStatus` does not take rejects with an error that has `response`. */
export interface FetchClient {
  <T = any>(options: FetchOptions): Promise<FetchResponse<T>>;
  <T = any>(url: string, options?: FetchOptions): Promise<FetchResponse<T>>;
  request<T = any>(options: FetchOptions): Promise<FetchResponse<T>>;
  get<T = any>(url: string, options?: FetchOptions): Promise<FetchResponse<T>>;
  delete<T = any>(url: string, options?: FetchOptions): Promise<FetchResponse<T>>;
  head<T = any>(url: string, options?: FetchOptions): Promise<FetchResponse<T>>;
  options<T = any>(url: string, options?: FetchOptions): Promise<FetchResponse<T>>;
  post<T = any>(url: string, data?: any, options?: FetchOptions): Promise<FetchResponse<T>>;
  put<T = any>(url: string, data?: any, options?: FetchOptions): Promise<FetchResponse<T>>;
  patch<T = any>(url: string, data?: any, options?: FetchOptions): Promise<FetchResponse<T>>;
  getUri(options?: FetchOptions): string;
  defaults: any;
  interceptors: any;
}

/** `cloud.fetch`: axios itself. */
export interface CloudFetch extends FetchClient {
  /** Another client, with options of its own for all its requests. */
  create(options?: FetchOptions): FetchClient;
  isAxiosError(value: any): boolean;
  [member: string]: any;
}
