// What goes over the pipes: commands with their answers, and what the browser tells by itself.
export type Params = Record<string, unknown>;
export type Send = (method: string, params?: Params, sessionId?: string) => Promise<Params>;

export interface Happening {
  method: string;
  sessionId?: string;
  params: Params;
}
