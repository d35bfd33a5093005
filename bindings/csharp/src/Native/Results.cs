// Makes the public results of the library's views.

using System;
using System.Collections.Generic;

namespace Matchport.Native
{
    internal static unsafe class Results
    {
        private static readonly DateTimeOffset Epoch = new DateTimeOffset(1970, 1, 1, 0, 0, 0, TimeSpan.Zero);

        internal static Allocation Allocation(NativeEvent* @event)
        {
            NativeAllocation* native = @event->Allocation;
            return new Allocation
            {
                Id = Views.Text(native->Id),
                Location = Views.Text(native->Location),
                Host = Views.Text(native->Host),
                Endpoint = Views.Text(native->Endpoint),
                Ports = Ports(native->Ports, native->PortCount),
                Report = Report(native->Report),
            };
        }

        internal static Backfilled Backfilled(NativeEvent* @event)
        {
            NativeBackfilled* native = @event->Backfilled;
            return new Backfilled
            {
                Id = Views.Text(native->Id),
                Location = Views.Text(native->Location),
                Host = Views.Text(native->Host),
                Endpoint = Views.Text(native->Endpoint),
                Ports = Ports(native->Ports, native->PortCount),
                PlayerCount = Count(native->PlayerCount),
                PassedOver = Count(native->PassedOver),
            };
        }

        internal static IList<Session> Sessions(NativeEvent* @event)
        {
            NativeSessionList* native = @event->SessionList;
            Session[] sessions = new Session[Views.Length(native->SessionCount)];
            for (int i = 0; i < sessions.Length; i++)
            {
                sessions[i] = Session(native->Sessions[i]);
            }
            return sessions;
        }

        internal static Session Described(NativeEvent* @event)
        {
            return Session(@event->Session);
        }

        internal static PlayerCount Players(NativeEvent* @event)
        {
            NativePlayerCount* native = @event->PlayerCount;
            return new PlayerCount
            {
                Count = Count(native->PlayerCount),
                Players = Views.Texts(native->Players, native->PlayerNameCount),
            };
        }

        internal static IList<Location> Locations(NativeEvent* @event)
        {
            NativeLocationList* native = @event->LocationList;
            Location[] locations = new Location[Views.Length(native->LocationCount)];
            for (int i = 0; i < locations.Length; i++)
            {
                NativeLocation* location = native->Locations + i;
                IList<string> addresses = Views.Texts(location->Addresses, location->AddressCount);
                locations[i] = new Location(Views.Text(location->Id), addresses);
            }
            return locations;
        }

        internal static IList<Ping> Pings(NativeEvent* @event)
        {
            NativePingList* native = @event->PingList;
            Ping[] pings = new Ping[Views.Length(native->PingCount)];
            for (int i = 0; i < pings.Length; i++)
            {
                NativePing* ping = native->Pings + i;
                float[] samples = new float[ping->Samples == null ? 0 : Views.Length(ping->SampleCount)];
                for (int k = 0; k < samples.Length; k++)
                {
                    samples[k] = ping->Samples[k];
                }
                pings[i] = new Ping
                {
                    Location = Views.Text(ping->Location),
                    Samples = samples,
                    Message = Views.Text(ping->Message),
                    MedianMilliseconds = ping->MedianMs,
                    Method = (PingMethod)ping->Method,
                };
            }
            return pings;
        }

        internal static bool Flag(NativeEvent* @event)
        {
            return @event->Number != 0;
        }

        internal static long Number(NativeEvent* @event)
        {
            return checked((long)@event->Number);
        }

        internal static AllocationProgress Progress(NativeProgress* native)
        {
            return new AllocationProgress
            {
                Step = (AllocationStep)native->Step,
                Location = Views.Text(native->Location),
                Reason = Views.Text(native->Reason),
                SessionStatus = Views.Text(native->SessionStatus),
                For = Span(native->ForMs),
                Status = (MatchportStatus)native->Status,
                Attempt = Count(native->Attempt),
            };
        }

        internal static MatchportError Error(NativeError* native)
        {
            Violation[] violations = new Violation[Views.Length(native->ViolationCount)];
            for (int i = 0; i < violations.Length; i++)
            {
                violations[i] = new Violation
                {
                    Field = Views.Text(native->Violations[i].Field),
                    Description = Views.Text(native->Violations[i].Description),
                };
            }
            return new MatchportError
            {
                Status = (MatchportStatus)native->Status,
                Name = Views.Text(native->Name),
                Message = Views.Text(native->Message),
                HttpStatus = native->HttpStatus,
                Identifier = Views.Text(native->Identifier),
                Field = Views.Text(native->Field),
                Violations = violations,
                RetryAfter = Span(native->RetryAfterMs),
                Ticket = Views.Text(native->Ticket),
                Report = Report(native->Report),
                Outcome = (RequestOutcome)native->Outcome,
                IsRetryable = native->Retryable != 0,
            };
        }

        internal static SessionSnapshot Snapshot(NativeSnapshot* native)
        {
            long? created = Known(native->CreatedMs);
            return new SessionSnapshot
            {
                Id = Views.Text(native->Id),
                Image = Views.Text(native->Image),
                Location = Views.Text(native->Location),
                Host = Views.Text(native->Host),
                LastReported = Views.Text(native->LastReported),
                Ports = Ports(native->Ports, native->PortCount),
                Players = Views.Texts(native->Players, native->PlayerNameCount),
                PlayerCount = Count(native->PlayerCount),
                State = (SessionState)native->State,
                EndReason = (EndReason)native->EndReason,
                Since = Known(native->Since),
                Created = created == null ? (DateTimeOffset?)null : Time(created.Value),
                StartedAt = Known(native->StartedAt),
                TtlDeadline = Known(native->TtlDeadline),
                StopRequestedAt = Known(native->StopRequestedAt),
            };
        }

        private static Session Session(NativeSession* native)
        {
            return new Session
            {
                Id = Views.Text(native->Id),
                Image = Views.Text(native->Image),
                Location = Views.Text(native->Location),
                Host = Views.Text(native->Host),
                Tag = Views.Text(native->Tag),
                Status = (SessionStatus)native->Status,
                StatusName = Views.Text(native->StatusName),
                Created = Time(native->CreatedMs > long.MaxValue ? long.MaxValue : (long)native->CreatedMs),
                Ports = Ports(native->Ports, native->PortCount),
                Players = native->Players == null ? null : Views.Texts(native->Players, native->PlayerNameCount),
                PlayerCount = Known(native->PlayerCount),
                Labels = Views.Pairs(native->Labels, native->LabelCount),
            };
        }

        private static AllocationReport Report(NativeReport* native)
        {
            if (native == null)
            {
                return null;
            }
            LocationReport[] locations = new LocationReport[Views.Length(native->LocationCount)];
            for (int i = 0; i < locations.Length; i++)
            {
                NativeLocationReport* location = native->Locations + i;
                locations[i] = new LocationReport
                {
                    Location = Views.Text(location->Location),
                    LeftOut = Views.Text(location->LeftOut),
                    CostMilliseconds = location->CostMs,
                    WorstMilliseconds = location->WorstMs,
                    MeanMilliseconds = location->MeanMs,
                };
            }
            AttemptReport[] attempts = new AttemptReport[Views.Length(native->AttemptCount)];
            for (int i = 0; i < attempts.Length; i++)
            {
                attempts[i] = Attempt(native->Attempts + i);
            }
            return new AllocationReport
            {
                Session = Views.Text(native->Session),
                Locations = locations,
                Attempts = attempts,
                AttemptsOmitted = native->AttemptsOmitted,
                Adopted = native->Adopted != 0,
                Took = TimeSpan.FromMilliseconds(native->TookMs),
            };
        }

        private static AttemptReport Attempt(NativeAttemptReport* native)
        {
            return new AttemptReport
            {
                Location = Views.Text(native->Location),
                Identifier = Views.Text(native->Identifier),
                SessionStatus = Views.Text(native->SessionStatus),
                At = TimeSpan.FromMilliseconds(native->AtMs),
                Took = TimeSpan.FromMilliseconds(native->TookMs),
                Action = (RequestAction)native->Action,
                Outcome = (RequestOutcome)native->Outcome,
                Status = (MatchportStatus)native->Status,
                HttpStatus = native->HttpStatus,
            };
        }

        private static IList<SessionPort> Ports(NativePort* native, UIntPtr count)
        {
            SessionPort[] ports = new SessionPort[native == null ? 0 : Views.Length(count)];
            for (int i = 0; i < ports.Length; i++)
            {
                ports[i] = new SessionPort
                {
                    Protocol = Views.Text(native[i].Protocol),
                    Container = native[i].Container,
                    Host = native[i].Host,
                };
            }
            return ports;
        }

        private static int Count(uint count)
        {
            return count > int.MaxValue ? int.MaxValue : (int)count;
        }

        private static long? Known(long number)
        {
            return number < 0 ? (long?)null : number;
        }

        // What a TimeSpan can't hold is cut: a service may say anything.
        private static TimeSpan? Span(long milliseconds)
        {
            if (milliseconds < 0)
            {
                return null;
            }
            long most = TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMillisecond;
            return TimeSpan.FromTicks(Math.Min(milliseconds, most) * TimeSpan.TicksPerMillisecond);
        }

        private static DateTimeOffset Time(long milliseconds)
        {
            long most = (DateTimeOffset.MaxValue.Ticks - Epoch.Ticks) / TimeSpan.TicksPerMillisecond;
            return Epoch.AddTicks(Math.Min(milliseconds, most) * TimeSpan.TicksPerMillisecond);
        }
    }
}
