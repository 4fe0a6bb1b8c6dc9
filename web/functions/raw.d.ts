/** A file as text, as the build puts it in by `with { type: 'text' }`. */
declare module '*?raw' {
  const text: string;
  export default text;
}
