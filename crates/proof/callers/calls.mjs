// One call of the npm package, by the words of a line, and its report: see caller.rs. Runs in Node and in a Worker. Where
// there are files, `tickets` keeps, reads and removes one.
export async function call(matchport, line, tickets) {
  const [baseUrl, what, ...words] = line.split(" ");
  const client = new matchport.Matchport({ token: "local", baseUrl });
  try {
    switch (what) {
      case "allocate": {
        const [file] = words;
        const onTicket = file && ((ticket) => tickets.keep(file, ticket));
        const { id } = await client.allocate({ image: "demo", onTicket });
        if (file) await tickets.remove(file);
        return `ok ${id}`;
      }
      case "resume": {
        const [file] = words;
        const onTicket = (ticket) => tickets.keep(file, ticket);
        const { id } = await client.resume(await tickets.read(file), { onTicket });
        await tickets.remove(file);
        return `ok ${id}`;
      }
      case "join":
        await client.join(words[0], words.slice(1));
        return `ok ${words[0]}`;
      case "leave":
        await client.leave(words);
        return "ok -";
      case "stop":
        await client.stop(words[0]);
        return `ok ${words[0]}`;
      default:
        throw new TypeError(`no such call: ${what}`);
    }
  } catch (error) {
    if (!(error instanceof matchport.MatchportError)) throw error;
    return `failed ${error.outcome} ${error.ticket ?? "-"}`;
  } finally {
    await client.close();
  }
}
