// The C# binding, called a line at a time: see caller.rs.
using System;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Matchport;

internal static class Caller
{
    private static void Main() { Run().GetAwaiter().GetResult(); }

    private static async Task Run()
    {
        string line;
        while ((line = Console.ReadLine()) != null)
        {
            string[] words = line.Split(' ');
            string report;
            using (MatchportClient client = new MatchportClient(new ClientOptions(words[0], "local")))
            {
                try
                {
                    report = "ok " + await Call(client, words[1], words.Skip(2).ToArray());
                }
                catch (MatchportException fault)
                {
                    string ticket = string.IsNullOrEmpty(fault.Error.Ticket) ? "-" : fault.Error.Ticket;
                    report = "failed " + InWords(fault.Error.Outcome) + " " + ticket;
                }
            }
            Console.WriteLine(report);
            Console.Out.Flush();
        }
    }

    private static async Task<string> Call(MatchportClient client, string what, string[] words)
    {
        switch (what)
        {
            case "allocate":
                return (await client.AllocateAsync(new AllocateRequest("demo"))).Id;
            case "join":
                await client.JoinAsync(words[0], words.Skip(1).ToArray());
                return words[0];
            case "leave":
                await client.LeaveAsync(words);
                return "-";
            case "stop":
                await client.StopAsync(words[0]);
                return words[0];
            default:
                throw new ArgumentException("no such call: " + what);
        }
    }

    // NotSent is not_sent.
    private static string InWords(RequestOutcome outcome)
    {
        return Regex.Replace(outcome.ToString(), "(?<!^)[A-Z]", "_$0").ToLowerInvariant();
    }
}
