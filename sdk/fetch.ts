/** The options of a request; every option of axios works. */
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
  /** The type of the response's `data`; `json` by default. */
  responseType?: 'arraybuffer' | 'blob' | 'document' | 'json' | 'text' | 'stream' | 'formdata';
  /** Returns whether a status counts as success; by default 200 to 299 does. */
  validateStatus?: ((status: number) => boolean) | null;
  [option: string]: any;
}

/** The response to a request. */
export interface FetchResponse<T = any> {
  /** The body, parsed as `responseType` says. */
  data: T;
  status: number;
  statusText: string;
  headers: any;
  config: any;
  request?: any;
}

/** An axios instance. If `validateStatus` does not accept the status, the call rejects with an error that has the `response`. */
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

/**
 * `cloud.fetch`: axios itself.
 *
 * @example
 * const { data } = await cloud.fetch.get('https://api.example.com/users', { params: { page: 1 }, timeout: 5_000 });
 */
export interface CloudFetch extends FetchClient {
  /** Creates another client, with default options for all its requests. */
  create(options?: FetchOptions): FetchClient;
  isAxiosError(value: any): boolean;
  [member: string]: any;
}
