// Programs that the tests run beside themselves: each on a port of its own, and awaited by what it does, never by what it
// logs. A line such as "listening" says what a program is about to do; an open port says that it did.
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { connect, createServer, type NetConnectOpts } from 'node:net';

export interface Program {
  readonly process: ChildProcess;
  /** What a program of our own prints on standard output, as soon as the pattern finds it: its first group. */
  told(pattern: RegExp): Promise<string>;
  /** Asks it to stop and waits until it has. */
  stop(): Promise<void>;
  /** Ends it at once. */
  kill(): Promise<void>;
}

/** Far longer than any program takes, so that a busy machine fails no test. */
const PATIENCE = 60_000;
/**
 * Below the ports that systems give to outgoing connections and to whoever asks for any port, so that neither takes one
 * between the reservation and the start of the program. The tests in Rust reserve theirs in the same way.
 */
const [FIRST, COUNT] = [20_000, 10_000];

/**
 * A port of 127.0.0.1 that nobody listens on, and that is ours until this process ends. The reservation is a listener on the
 * same port of another loopback address: no two tests get the same port, in whatever process they run.
 */
export async function reservePort(): Promise<number> {
  for (let tries = 0; tries < COUNT; tries += 1) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    const reservation = await listening('127.0.0.2', port);
    if (!reservation) continue;
    reservation.unref();
    // Whoever listened here before the reservation still does.
    const trial = await listening('127.0.0.1', port);
    if (!trial) {
      reservation.close();
      continue;
    }
    await new Promise((resolve) => trial.close(resolve));
    return port;
  }
  throw new Error(`no port is free between ${FIRST} and ${FIRST + COUNT - 1}`);
}

const listening = (host: string, port: number) =>
  new Promise<ReturnType<typeof createServer> | undefined>((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(undefined));
    server.listen({ host, port, exclusive: true }, () => resolve(server));
  });

/** Starts a program and waits until it accepts connections at each of the ports of 127.0.0.1 that it `listens` on. */
export async function startProgram(command: string, args: string[], { listens, ...options }: SpawnOptions & { listens: number[] }): Promise<Program> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], ...options });
  let [printed, failed] = ['', undefined as Error | undefined];
  // Read to its end, so that the program never waits for a reader.
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (printed += text));
  child.once('error', (error) => (failed = error));
  const isRunning = () => !failed && child.exitCode === null && child.signalCode === null;
  const mustRun = () => {
    if (!isRunning()) throw new Error(`${command} ended early (${failed ?? child.exitCode ?? child.signalCode}): ${printed}`);
  };
  const program: Program = {
    process: child,
    async told(pattern) {
      const find = () => pattern.exec(printed.slice(0, printed.lastIndexOf('\n') + 1))?.[1];
      await until(`${command} tells ${pattern}`, async () => find() !== undefined || mustRun());
      return find()!;
    },
    async stop() {
      const gone = isRunning() && new Promise((resolve) => child.once('exit', resolve));
      try {
        // With `detached` it leads a group of programs, which may be there without it.
        if (options.detached) process.kill(-child.pid!, 'SIGTERM');
      } catch {
        // All of them are gone already.
      }
      child.kill('SIGTERM');
      // One that was made to stand still hears of it only when it goes on.
      child.kill('SIGCONT');
      await gone;
    },
    async kill() {
      const gone = isRunning() && new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
    },
  };
  try {
    for (const port of listens) await until(`${command} listens on ${port}`, async () => (await accepts({ host: '127.0.0.1', port })) || mustRun());
  } catch (error) {
    await program.stop();
    throw error;
  }
  return program;
}

/** Whether somebody accepts a connection there, over TCP or at the path of a socket. */
export const accepts = (to: NetConnectOpts) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(to);
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

/** Asks again and again, for as long as programs may take to start, until something holds. */
export async function until(what: string, holds: () => Promise<boolean | void>): Promise<void> {
  for (const begun = performance.now(); performance.now() - begun < PATIENCE; ) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20)); // tidy: sleeps because other programs tell nobody when they listen
  }
  throw new Error(`it never happens: ${what}`);
}
