import type { HoldingSession } from '../hold/hold.js';
import { createLease, type LeaseOptions } from './lease.js';

export interface Progress {
  /** Bytes that have left. */
  loaded: number;
  /** Of how many, if that is known. */
  total: number | null;
}

export interface UploadOptions extends LeaseOptions {
  /** Called as bytes leave. */
  onProgress?: (progress: Progress) => void;
}

/**
 * Holds the session while this request makes progress, up or down, and until it ends, fails or is aborted. To be called
 * before `xhr.send()`.
 */
export function holdUpload(nightlatch: HoldingSession, xhr: XMLHttpRequest, options: LeaseOptions = {}): void {
  let lease = createLease(nightlatch, options);
  let moved = 0;
  const progressed = ({ loaded }: ProgressEvent) => {
    if (loaded !== moved) lease.progressed();
    moved = loaded;
  };
  // A request can be used again.
  xhr.addEventListener('loadstart', () => {
    lease = createLease(nightlatch, options);
    moved = 0;
  });
  xhr.upload.addEventListener('progress', progressed);
  xhr.addEventListener('progress', progressed);
  xhr.addEventListener('loadend', () => lease.end());
}

const refuse = (what: string): never => {
  throw new TypeError(`nightlatch: an upload cannot have ${what}`);
};

function headersOf(xhr: XMLHttpRequest): Headers {
  const headers = new Headers();
  for (const line of xhr.getAllResponseHeaders().trim().split(/\r\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return headers;
}

function responseOf(xhr: XMLHttpRequest): Response {
  const { status, statusText, responseURL } = xhr;
  const body = [204, 205, 304].includes(status) ? null : (xhr.response as ArrayBuffer);
  const response = new Response(body, { status, statusText, headers: headersOf(xhr) });
  return Object.defineProperty(response, 'url', { value: responseURL });
}

/**
 * A `fetch` for uploads: the session is held while they make progress. Takes the method, headers, body, signal and
 * credentials of `fetch` and rejects as it does. The body must not be a stream; redirects are followed; credentials are
 * `same-origin` or `include`; a `TypeError` says so otherwise.
 */
export function uploadFetch(nightlatch: HoldingSession, options: UploadOptions = {}) {
  return async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const { body: given, ...rest } = init;
    if (given instanceof ReadableStream) refuse('a stream as its body');
    const { method, url, headers, credentials, redirect, signal } = new Request(input, rest);
    if (credentials === 'omit') refuse('no credentials');
    if (redirect !== 'follow') refuse('redirects forbidden');
    const body = given ?? (input instanceof Request && input.body ? await input.blob() : null);
    signal.throwIfAborted();

    return new Promise((resolve, reject) => {
      const xhr = new XMLHttpRequest();
      const abort = () => xhr.abort();
      xhr.open(method, url);
      xhr.responseType = 'arraybuffer';
      xhr.withCredentials = credentials === 'include';
      headers.forEach((value, name) => xhr.setRequestHeader(name, value));
      holdUpload(nightlatch, xhr, options);
      const { onProgress } = options;
      if (onProgress) {
        xhr.upload.onprogress = ({ loaded, total, lengthComputable }) => onProgress({ loaded, total: lengthComputable ? total : null });
      }
      signal.addEventListener('abort', abort);
      xhr.onload = () => void Promise.resolve(xhr).then(responseOf).then(resolve, reject);
      xhr.onerror = xhr.onabort = () => reject(signal.aborted ? signal.reason : new TypeError('The upload failed'));
      xhr.onloadend = () => signal.removeEventListener('abort', abort);
      xhr.send(body as XMLHttpRequestBodyInit | null);
    });
  };
}
