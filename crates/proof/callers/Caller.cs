// The C# binding, called a line at a time: see caller.rs.
using System;
using System.IO;
using System.Linq;
using System.Text;
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
                AllocateRequest match = new AllocateRequest("demo");
                match.KeepTicket = Keeper(words);
                return Done(words, await client.AllocateAsync(match));
            case "resume":
                ResumeRequest rest = new ResumeRequest(File.ReadAllText(words[0]));
                rest.KeepTicket = Keeper(words);
                return Done(words, await client.ResumeAsync(rest));
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

    // Puts the newest ticket into its file, if there is one, which is replaced as a whole.
    private static Action<string> Keeper(string[] words)
    {
        if (words.Length == 0)
        {
            return null;
        }
        return delegate(string ticket)
        {
            string fresh = words[0] + ".new";
            using (FileStream file = new FileStream(fresh, FileMode.Create))
            {
                byte[] bytes = new UTF8Encoding(false).GetBytes(ticket);
                file.Write(bytes, 0, bytes.Length);
                file.Flush(true);
            }
            if (File.Exists(words[0]))
            {
                File.Replace(fresh, words[0], null);
            }
            else
            {
                File.Move(fresh, words[0]);
            }
        };
    }

    private static string Done(string[] words, Allocation allocation)
    {
        if (words.Length > 0)
        {
            File.Delete(words[0]);
        }
        return allocation.Id;
    }

    // NotSent is not_sent.
    private static string InWords(RequestOutcome outcome)
    {
        return Regex.Replace(outcome.ToString(), "(?<!^)[A-Z]", "_$0").ToLowerInvariant();
    }
}
