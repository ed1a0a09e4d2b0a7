/** What the service behind the API is injected by. */
export const SERVICE = Symbol('service');

/** What the OpenAPI document is injected by: a function, since it is made once all routes are known. */
export const DOCUMENT = Symbol('document');
