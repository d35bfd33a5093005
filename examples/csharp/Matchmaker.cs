// A console matchmaker: reads players from standard input, puts them together as they come, and finds a server for each
// match. A line is a player with what its client measured:
//
//     ann eu-west-1=23 us-east-1=95
//
// Tickets are kept in a folder while a match is looked for. Those that an earlier run left there (it crashed, say) are
// settled first, so that no server of a match that nobody waits for goes on running.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Matchport;

internal static class Matchmaker
{
    private const string Usage =
        "usage: Matchmaker [--environment local|sandbox|production|URL] [--image NAME] [--match-size N]\n"
        + "                  [--tickets FOLDER] [--stop]\n"
        + "Players come from standard input, one a line: NAME LOCATION=MILLISECONDS ...\n"
        + "The token comes from MATCHPORT_TOKEN (\"local\" when it is not set). --stop ends the servers at the end.";

    private static int Main(string[] arguments)
    {
        try
        {
            Settings settings = Settings.Parse(arguments);
            using (CancellationTokenSource interrupted = new CancellationTokenSource())
            {
                Console.CancelKeyPress += delegate(object sender, ConsoleCancelEventArgs pressed)
                {
                    // The first one cancels, which leaves no server behind; a second one ends the program.
                    pressed.Cancel = !interrupted.IsCancellationRequested;
                    interrupted.Cancel();
                };
                return Run(settings, interrupted.Token).GetAwaiter().GetResult() ? 0 : 1;
            }
        }
        catch (FormatException fault)
        {
            Console.Error.WriteLine(fault.Message + "\n" + Usage);
            return 2;
        }
        catch (MatchportException fault)
        {
            Console.Error.WriteLine("error: " + fault.Message);
            return 1;
        }
        catch (OperationCanceledException)
        {
            // While settling: the ticket is still there for the next run.
            Console.Error.WriteLine("interrupted");
            return 1;
        }
    }

    /// <summary>True when every match got its server.</summary>
    private static async Task<bool> Run(Settings settings, CancellationToken interrupted)
    {
        string token = Environment.GetEnvironmentVariable("MATCHPORT_TOKEN") ?? "local";
        using (MatchportClient client = new MatchportClient(new ClientOptions(settings.Environment, token)))
        {
            Directory.CreateDirectory(settings.Tickets);
            foreach (string file in Directory.GetFiles(settings.Tickets, "*.json"))
            {
                await Settle(client, file, interrupted);
            }
            List<Task<Allocation>> matches = new List<Task<Allocation>>();
            List<Player> waiting = new List<Player>();
            string line;
            while (!interrupted.IsCancellationRequested && (line = Console.In.ReadLine()) != null)
            {
                if (line.Trim().Length == 0)
                {
                    continue;
                }
                try
                {
                    waiting.Add(ParsePlayer(line));
                }
                catch (FormatException fault)
                {
                    // One bad line must not take the matches of others down.
                    Console.Error.WriteLine("ignored: " + fault.Message);
                    continue;
                }
                if (waiting.Count == settings.MatchSize)
                {
                    matches.Add(FindServer(client, settings, waiting, interrupted));
                    waiting = new List<Player>();
                }
            }
            Allocation[] servers = await Task.WhenAll(matches);
            if (waiting.Count > 0)
            {
                Console.WriteLine("still waiting: " + Names(waiting));
            }
            foreach (Allocation server in servers.Where(server => settings.Stop && server != null))
            {
                await client.StopAsync(server.Id);
                Console.WriteLine("stopped " + server.Id);
            }
            return servers.All(server => server != null);
        }
    }

    /// <summary>A server with the players of the match in it, or null when there is none; then it says why.</summary>
    private static async Task<Allocation> FindServer(
        MatchportClient client, Settings settings, List<Player> players, CancellationToken interrupted)
    {
        string match = Guid.NewGuid().ToString();
        string file = Path.Combine(settings.Tickets, match + ".json");
        AllocateRequest request = new AllocateRequest(settings.Image) { MatchId = match };
        foreach (Player player in players)
        {
            request.Players.Add(player);
        }
        request.Env["MATCH_ID"] = match;
        request.KeepTicket = ticket => File.WriteAllText(file, ticket);
        try
        {
            Allocation server = await client.AllocateAsync(request, null, interrupted);
            PlayerCount roster = await client.JoinAsync(server.Id, players.Select(player => player.Id));
            // Now the match is the game's, and needs no ticket.
            File.Delete(file);
            Console.WriteLine("{0} -> {1} in {2}, {3} players, {4} ms",
                Names(players), server.Endpoint, server.Location, roster.Count, (int)server.Report.Took.TotalMilliseconds);
            return server;
        }
        catch (MatchportException fault)
        {
            GiveUp(file, players, fault.Error);
        }
        catch (MatchportCanceledException fault)
        {
            GiveUp(file, players, fault.Error);
        }
        return null;
    }

    // The ticket is kept only when something may be left running.
    private static void GiveUp(string file, List<Player> players, MatchportError error)
    {
        Console.Error.WriteLine("no server for " + Names(players) + ": " + error);
        if (error.Ticket != null)
        {
            File.WriteAllText(file, error.Ticket);
        }
        else if (error.Report != null)
        {
            File.Delete(file);
        }
    }

    private static async Task Settle(MatchportClient client, string file, CancellationToken interrupted)
    {
        ResumeRequest request = new ResumeRequest(File.ReadAllText(file)) { Settle = true };
        request.KeepTicket = ticket => File.WriteAllText(file, ticket);
        try
        {
            await client.ResumeAsync(request, null, interrupted);
        }
        catch (MatchportException fault) when (fault.Error.Report != null && fault.Error.Ticket == null)
        {
            // This is how settling ends: nothing is left.
            File.Delete(file);
            Console.WriteLine("settled " + Path.GetFileName(file));
        }
        catch (MatchportException fault)
        {
            Console.Error.WriteLine("not settled, kept for the next run: " + file + ": " + fault.Error);
        }
    }

    private static Player ParsePlayer(string line)
    {
        string[] words = line.Split(new[] { ' ', '\t' }, StringSplitOptions.RemoveEmptyEntries);
        return new Player(words[0], words.Skip(1).Select(ParseLatency).ToArray());
    }

    private static Latency ParseLatency(string word)
    {
        string[] parts = word.Split('=');
        float milliseconds = 0;
        bool isGood = parts.Length == 2
            && float.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out milliseconds);
        if (!isGood)
        {
            throw new FormatException("a latency is LOCATION=MILLISECONDS, not " + word);
        }
        return new Latency(parts[0], milliseconds);
    }

    private static string Names(IEnumerable<Player> players)
    {
        return string.Join(" ", players.Select(player => player.Id));
    }

    private sealed class Settings
    {
        internal string Environment = "local";
        internal string Image = "demo";
        internal string Tickets = "tickets";
        internal int MatchSize = 4;
        internal bool Stop;

        internal static Settings Parse(string[] arguments)
        {
            Settings settings = new Settings();
            IEnumerator<string> left = arguments.AsEnumerable().GetEnumerator();
            while (left.MoveNext())
            {
                string option = left.Current;
                switch (option)
                {
                    case "--stop":
                        settings.Stop = true;
                        break;
                    case "--environment":
                        settings.Environment = Value(left, option);
                        break;
                    case "--image":
                        settings.Image = Value(left, option);
                        break;
                    case "--tickets":
                        settings.Tickets = Value(left, option);
                        break;
                    case "--match-size":
                        bool isNumber = int.TryParse(Value(left, option), out settings.MatchSize);
                        if (!isNumber || settings.MatchSize < 1)
                        {
                            throw new FormatException("--match-size needs a number from 1");
                        }
                        break;
                    default:
                        throw new FormatException("unknown argument " + option);
                }
            }
            return settings;
        }

        private static string Value(IEnumerator<string> left, string option)
        {
            if (!left.MoveNext())
            {
                throw new FormatException(option + " needs a value");
            }
            return left.Current;
        }
    }
}
