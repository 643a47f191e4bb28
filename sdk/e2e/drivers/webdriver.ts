// As much of W3C WebDriver as the scenarios need.

type Call = <T = void>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) => Promise<T>;

export interface Session {
  /** A command to the session as a whole. */
  call: Call;
  /** Commands to one window. WebDriver knows one current window, so they take turns. */
  at<T>(window: string, run: (call: Call) => Promise<T>): Promise<T>;
  end(): Promise<void>;
}

export async function startSession(driver: string, capabilities: object): Promise<Session> {
  const { sessionId } = await command<{ sessionId: string }>('POST', `${driver}/session`, { capabilities: { alwaysMatch: capabilities } });
  const send: Call = (method, path, body) => command(method, `${driver}/session/${sessionId}/${path}`, body);
  let turn: Promise<unknown> = Promise.resolve();
  let current = '';
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const result = turn.then(run);
    turn = result.catch(() => {});
    return result;
  };
  return {
    call: (method, path, body) => inTurn(() => send(method, path, body)),
    at: (window, run) =>
      inTurn(async () => {
        if (current !== window) await send('POST', 'window', { handle: window });
        current = window;
        return run(send);
      }),
    end: () => command('DELETE', `${driver}/session/${sessionId}`),
  };
}

/** A command that gets no answer for so long gets none at all. */
const PATIENCE = 20_000;

async function command<T>(method: string, url: string, body?: object): Promise<T> {
  const answer = await fetch(url, { method, ...(method === 'POST' && { body: JSON.stringify(body ?? {}) }), signal: AbortSignal.timeout(PATIENCE) });
  const { value } = (await answer.json()) as { value: any };
  if (!answer.ok) throw new Error(`${method} ${new URL(url).pathname}: ${value.error}: ${value.message}`);
  return value;
}
