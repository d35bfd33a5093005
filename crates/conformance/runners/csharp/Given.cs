// From the vectors' spelling of options, which is the npm package's, to the requests of the C# binding.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using Newtonsoft.Json.Linq;

namespace Matchport.Vectors
{
    internal static class Given
    {
        internal static ClientOptions Client(JToken client)
        {
            JToken times = client["times"] ?? new JObject();
            string environment = (string)client["baseUrl"] ?? (string)client["environment"] ?? "sandbox";
            return new ClientOptions(environment, (string)client["token"])
            {
                AllowPlainHttp = True(client["allowPlainHttp"]),
                Attempt = Time(times["attempt"]),
                Operation = Time(times["operation"]),
                ClosedLocation = Time(times["closedLocation"]),
                LateStart = Time(times["lateStart"]),
                Settle = Time(times["settle"]),
                Poll = Time(times["poll"]),
                Visible = Time(times["visible"]),
            };
        }

        internal static AllocateRequest Allocate(JToken given)
        {
            AllocateRequest request = new AllocateRequest((string)given["image"])
            {
                MatchId = (string)given["matchId"],
                SessionId = (string)given["id"],
                Version = (string)given["version"],
                ExternalId = (string)given["externalId"],
                Waited = Time(given["waited"]),
                Deadline = Time(given["deadline"]),
                WaitFor = (string)given["waitFor"] == "allocated" ? WaitFor.Allocated : WaitFor.Running,
                WhenFull = (string)given["whenFull"] == "fail" ? WhenFull.Fail : WhenFull.Wait,
                EnvInTicket = True(given["envInTicket"]),
            };
            Texts(given["locations"]).ForEach(request.Locations.Add);
            Texts(given["args"]).ForEach(request.Args.Add);
            Pairs(given["env"], request.Env);
            Pairs(given["labels"], request.Labels);
            foreach (JToken player in given["players"] ?? new JArray())
            {
                request.Players.Add(new Player((string)player["id"], Latencies(player["latencies"]).ToArray()));
            }
            if ((string)given["ttl"] == "unlimited")
            {
                request.UnlimitedTtl = true;
            }
            else if (given["ttl"] != null)
            {
                request.Ttl = TimeSpan.FromSeconds(Seconds((string)given["ttl"]));
            }
            if (given["restart"] != null)
            {
                request.Restart = True(given["restart"]) ? RestartPolicy.Yes : RestartPolicy.No;
            }
            Place(request, given["placement"] ?? new JObject(), given["maxLatency"]);
            return request;
        }

        internal static BackfillRequest Backfill(JToken given)
        {
            string[] players = Texts(given["players"]).ToArray();
            BackfillRequest request = new BackfillRequest((string)given["image"], (int)given["capacity"], players)
            {
                Version = (string)given["version"],
                Deadline = Time(given["deadline"]),
                Prefer = (string)given["prefer"] == "emptiest" ? BackfillPreference.Emptiest : BackfillPreference.Fullest,
            };
            Texts(given["locations"]).ForEach(request.Locations.Add);
            Pairs(given["having"], request.Having);
            Pairs(given["notHaving"], request.NotHaving);
            return request;
        }

        internal static ListRequest List(JToken given)
        {
            ListRequest request = new ListRequest
            {
                All = True(given["all"]),
                Location = (string)given["location"],
                Image = (string)given["image"],
                Tag = (string)given["tag"],
                Host = (string)given["host"],
                PlayersBelow = (int?)given["playersBelow"],
                PlayersAbove = (int?)given["playersAbove"],
            };
            Pairs(given["having"], request.Having);
            Pairs(given["notHaving"], request.NotHaving);
            return request;
        }

        internal static ResumeRequest Resume(JToken ticket, JToken given)
        {
            string text = ticket.Type == JTokenType.String ? (string)ticket : ticket.ToString(Newtonsoft.Json.Formatting.None);
            ResumeRequest request = new ResumeRequest(text)
            {
                Settle = True(given["settle"]),
                Deadline = Time(given["deadline"]),
            };
            Pairs(given["env"], request.Env);
            return request;
        }

        internal static List<string> Texts(JToken list)
        {
            return (list ?? new JArray()).Select(text => (string)text).ToList();
        }

        internal static bool True(JToken token)
        {
            return token != null && (bool)token;
        }

        private static void Place(AllocateRequest request, JToken placement, JToken cap)
        {
            JToken missing = placement["missing"];
            request.Figure = (string)placement["figure"] == "min" ? LatencyFigure.Min : LatencyFigure.Median;
            request.WorstWeight = (float?)placement["worstWeight"];
            if (missing is JObject)
            {
                request.Missing = MissingLatency.Assume;
                request.MissingMilliseconds = (float?)missing["assume"];
            }
            else if ((string)missing == "ignore")
            {
                request.Missing = MissingLatency.Ignore;
            }
            JObject relaxing = cap as JObject;
            request.MaxLatencyMilliseconds = (float?)(relaxing == null ? cap : relaxing["limit"]);
            request.MaxLatencyRelaxPerSecond = relaxing == null ? null : (float?)relaxing["relaxPerSecond"];
            request.MaxLatencyCeilingMilliseconds = relaxing == null ? null : (float?)relaxing["ceiling"];
        }

        private static IEnumerable<Latency> Latencies(JToken latencies)
        {
            foreach (JProperty location in ((JObject)latencies ?? new JObject()).Properties())
            {
                foreach (JToken sample in location.Value as JArray ?? new JArray(location.Value))
                {
                    yield return new Latency(location.Name, (float)sample);
                }
            }
        }

        private static void Pairs(JToken map, IDictionary<string, string> to)
        {
            foreach (JProperty pair in ((JObject)map ?? new JObject()).Properties())
            {
                to.Add(pair.Name, (string)pair.Value);
            }
        }

        private static TimeSpan? Time(JToken milliseconds)
        {
            return milliseconds == null ? (TimeSpan?)null : TimeSpan.FromMilliseconds((double)milliseconds);
        }

        /// <summary>Of a number, or of a text such as 2h30m.</summary>
        private static double Seconds(string ttl)
        {
            return Regex.Matches(ttl, "([0-9]+)([hms]?)").Cast<Match>().Sum(part =>
            {
                string unit = part.Groups[2].Value;
                return double.Parse(part.Groups[1].Value) * (unit == "h" ? 3600 : unit == "m" ? 60 : 1);
            });
        }
    }
}
