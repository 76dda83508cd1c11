// So many requests, so many at a time: who has an answer sends the next.
import { request, type Agent, type OutgoingHttpHeaders } from 'node:http';

export interface Outcome {
  /** 0 when the connection failed. */
  readonly status: number;
  readonly latencyMs: number;
}
export interface Sending {
  readonly address: URL;
  readonly agent: Agent;
  readonly count: number;
  readonly concurrency: number;
  readonly next: () => { readonly headers: OutgoingHttpHeaders; readonly body: Buffer };
}

export async function sendAll({ address, agent, count, concurrency, next }: Sending): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let left = count;
  const sender = async (): Promise<void> => {
    while (left-- > 0) outcomes.push(await post(address, agent, next()));
  };
  await Promise.all(Array.from({ length: concurrency }, sender));
  return outcomes;
}

function post(address: URL, agent: Agent, { headers, body }: ReturnType<Sending['next']>): Promise<Outcome> {
  const startMs = performance.now();
  return new Promise((resolve) => {
    const done = (status: number): void => resolve({ status, latencyMs: performance.now() - startMs });
    const all = { ...headers, 'content-length': body.byteLength };
    const asked = request(address, { method: 'POST', agent, headers: all }, (response) => {
      response.resume();
      response.once('end', () => done(response.statusCode ?? 0));
      response.once('error', () => done(0));
    });
    asked.once('error', () => done(0));
    asked.end(body);
  });
}
