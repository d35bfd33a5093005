// What the binding's results say, in the vectors' spelling, which is the npm package's.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using Newtonsoft.Json.Linq;

namespace Matchport.Vectors
{
    internal static class Shown
    {
        /// <summary>What came of an operation, by its kind.</summary>
        internal static JToken Completed(string kind, object result)
        {
            switch (kind)
            {
                case "allocate":
                case "resume":
                    Allocation allocation = (Allocation)result;
                    return new JObject
                    {
                        { "id", allocation.Id }, { "location", allocation.Location }, { "host", allocation.Host },
                        { "ports", Ports(allocation.Ports) }, { "endpoint", allocation.Endpoint },
                        { "report", Report(allocation.Report) },
                    };
                case "backfill":
                    Backfilled backfilled = (Backfilled)result;
                    return new JObject
                    {
                        { "id", backfilled.Id }, { "location", backfilled.Location }, { "host", backfilled.Host },
                        { "ports", Ports(backfilled.Ports) }, { "endpoint", backfilled.Endpoint },
                        { "count", backfilled.PlayerCount }, { "passedOver", backfilled.PassedOver },
                    };
                case "list":
                    return new JArray(((IList<Session>)result).Select(delegate(Session session)
                    {
                        JObject entry = Known(session);
                        entry["playerCount"] = session.PlayerCount;
                        return entry;
                    }));
                case "describe":
                    Session described = (Session)result;
                    JObject shown = Known(described);
                    shown["players"] = new JObject
                    {
                        { "joined", new JArray(described.Players) }, { "joinedCount", described.PlayerCount },
                    };
                    return shown;
                case "join":
                case "leave":
                    PlayerCount count = (PlayerCount)result;
                    return new JObject { { "count", count.Count }, { "players", new JArray(count.Players) } };
                case "locations":
                    return new JArray(((IList<Location>)result).Select(location =>
                        new JObject { { "id", location.Id }, { "ips", new JArray(location.Addresses) } }));
                default:
                    return new JValue(result);
            }
        }

        internal static JObject Failed(MatchportError error)
        {
            JObject fields = new JObject
            {
                { "code", error.Name }, { "message", error.Message }, { "identifier", error.Identifier },
                { "field", Field(error.Field) }, { "status", Answered(error.HttpStatus) },
                { "outcome", Snake(error.Outcome) }, { "retryable", error.IsRetryable },
                { "retryAfterMs", Milliseconds(error.RetryAfter) },
                { "violations", new JArray(error.Violations.Select(violation =>
                    new JObject { { "field", violation.Field }, { "description", violation.Description } })) },
            };
            return new JObject
            {
                { "error", fields },
                { "ticket", string.IsNullOrEmpty(error.Ticket) ? null : Matching.Parse(error.Ticket) },
                { "report", error.Report == null ? null : Report(error.Report) },
            };
        }

        internal static JObject Progress(AllocationProgress progress)
        {
            return new JObject
            {
                { "step", Snake(progress.Step) }, { "location", progress.Location }, { "reason", progress.Reason },
                { "status", progress.SessionStatus }, { "forMs", Milliseconds(progress.For) },
                { "code", Code(progress.Status) }, { "attempt", progress.Attempt == 0 ? (int?)null : progress.Attempt },
            };
        }

        private static JObject Report(AllocationReport report)
        {
            return new JObject
            {
                { "session", report.Session }, { "attemptsOmitted", report.AttemptsOmitted }, { "adopted", report.Adopted },
                { "tookMs", Milliseconds(report.Took) },
                { "locations", new JArray(report.Locations.Select(it => new JObject
                {
                    { "location", it.Location }, { "leftOut", it.LeftOut }, { "costMs", Number(it.CostMilliseconds) },
                    { "worstMs", Number(it.WorstMilliseconds) }, { "meanMs", Number(it.MeanMilliseconds) },
                })) },
                { "attempts", new JArray(report.Attempts.Select(it => new JObject
                {
                    { "action", Snake(it.Action) }, { "location", it.Location }, { "atMs", Milliseconds(it.At) },
                    { "tookMs", Milliseconds(it.Took) }, { "outcome", Snake(it.Outcome) },
                    { "status", Answered(it.HttpStatus) }, { "code", Code(it.Status) },
                    { "identifier", it.Identifier }, { "sessionStatus", it.SessionStatus },
                })) },
            };
        }

        private static JObject Known(Session session)
        {
            JObject labels = new JObject();
            foreach (KeyValuePair<string, string> label in session.Labels)
            {
                labels.Add(label.Key, label.Value);
            }
            return new JObject
            {
                { "id", session.Id }, { "image", session.Image }, { "location", session.Location }, { "host", session.Host },
                { "tag", session.Tag }, { "status", session.StatusName }, { "created", session.Created.ToUnixTimeMilliseconds() },
                { "ports", Ports(session.Ports) }, { "labels", labels },
            };
        }

        private static JArray Ports(IEnumerable<SessionPort> ports)
        {
            return new JArray(ports.Select(port =>
                new JObject { { "type", port.Protocol }, { "container", port.Container }, { "host", port.Host } }));
        }

        private static string Snake(Enum value)
        {
            return Regex.Replace(value.ToString(), "(?<=.)([A-Z])", "_$1").ToLowerInvariant();
        }

        private static string Code(MatchportStatus status)
        {
            return status == MatchportStatus.Ok ? null : Snake(status);
        }

        private static int? Answered(int httpStatus)
        {
            return httpStatus == 0 ? (int?)null : httpStatus;
        }

        private static double? Number(float number)
        {
            return float.IsNaN(number) ? (double?)null : number;
        }

        private static double? Milliseconds(TimeSpan? time)
        {
            return time == null ? (double?)null : time.Value.TotalMilliseconds;
        }

        private static string Field(string field)
        {
            switch (field)
            {
                case "session_id": return "id";
                case "deadline_ms": return "deadline";
                case "waited_ms": return "waited";
                case "match_id": return "matchId";
                case "external_id": return "externalId";
                default: return field;
            }
        }
    }
}
