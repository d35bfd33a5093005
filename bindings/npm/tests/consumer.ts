// A user's program, checked by the compiler alone, with every kind of module resolution.
import { Matchport, MatchportError, portsOf, rankLocations, type Allocation, type Progress } from "matchport";
import { provideCore, type Core } from "matchport/slim";

export async function use(core: Core): Promise<Allocation> {
  provideCore(() => core);
  const client: Matchport = new Matchport({ token: "t", environment: "sandbox" });
  const steps: Progress[] = [];
  try {
    for await (const line of client.logs("id", { follow: true })) line.toUpperCase();
    const stream: ReadableStream<Uint8Array> = client.artifact("id", "/path");
    await stream.cancel();
    const [entry] = await client.sessions({ playersBelow: 8 });
    if (entry) portsOf(entry)[0]?.host.toFixed();
    const { ranked } = await rankLocations(["eu"], [{ id: "a", latencies: { eu: [1, 2] } }], { maxLatency: 80 });
    ranked[0]?.location.length.toFixed();
    return await client.allocate({ image: "demo", onProgress: (step) => steps.push(step), ttl: "1h" });
  } catch (error) {
    if (error instanceof MatchportError && error.code === "no_capacity") error.report?.attempts.length.toFixed();
    throw error;
  } finally {
    await client.close();
  }
}

// @ts-expect-error an option that does not exist
new Matchport({ tokn: "t" });
// @ts-expect-error a wrong type
void new Matchport({ token: "t" }).allocate({ image: 5 });
