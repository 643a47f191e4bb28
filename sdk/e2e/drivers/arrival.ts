/** What is there as soon as it is there; remote controls that tell no arrivals are asked again and again. */
export async function arrival<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50)); // tidy: sleeps because nobody tells when a window arrives
  }
  throw new Error('nothing arrived within ten seconds');
}
