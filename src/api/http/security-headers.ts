import helmet from 'helmet';

/** The page at /docs has its style within; nothing here needs anything from elsewhere, or may be framed. */
const POLICY = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    styleSrc: ["'unsafe-inline'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
};

/** What of a request, a response and a middleware it takes to learn which headers are set. */
type Middleware = (
  request: object,
  response: { setHeader(name: string, value: string): void; removeHeader(name: string): void },
  next: (error?: Error) => void,
) => void;

/** What every response says to browsers and caches; made once, since it is always the same. */
export function securityHeaders(): Readonly<Record<string, string>> {
  // Answers can hold guest memory.
  const headers: Record<string, string> = { 'cache-control': 'no-store' };
  const response = {
    setHeader: (name: string, value: string) => (headers[name.toLowerCase()] = value),
    removeHeader: () => undefined,
  };
  const set = helmet({ contentSecurityPolicy: POLICY, xFrameOptions: { action: 'deny' } });
  (set as unknown as Middleware)({}, response, (error) => {
    if (error) throw error;
  });
  return headers;
}
