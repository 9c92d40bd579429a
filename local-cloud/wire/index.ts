// The AWS wire: a dispatcher over the protocols, and its two doors.
export { catalog } from './catalog.ts';
export { createDispatcher, signingScope } from './dispatcher.ts';
export type { Backend } from './dispatcher.ts';
export { connectDirectly, directCalls } from './direct-door.ts';
export type { DirectCall } from './direct-door.ts';
export type { DirectDoorOptions } from './direct-door.ts';
export { jsonResponse } from './http.ts';
export type { Dispatch, WireRequest, WireResponse } from './http.ts';
export { listen } from './http-door.ts';
export type { HttpDoor } from './http-door.ts';
export { inProcessRequestHandler } from './in-process-door.ts';
export type { InProcessRequestHandler, SdkRequest } from './in-process-door.ts';
export { Routes } from './routes.ts';
export type { RouteHandler } from './routes.ts';
export { preloadSchemas } from './service-schema.ts';
