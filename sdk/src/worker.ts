// The pulse of hidden pages: posts at the pace it is told, zero stops it.
let timer: ReturnType<typeof setInterval> | undefined;

onmessage = ({ data }: MessageEvent<unknown>) => {
  clearInterval(timer);
  if (typeof data === 'number' && data > 0) timer = setInterval(() => postMessage(0), data);
};
