// One operation under way: takes its events in order and ends one task.

using System;
using System.Threading;
using System.Threading.Tasks;
using Matchport.Native;

namespace Matchport
{
    internal unsafe delegate T ResultReader<T>(NativeEvent* @event);

    internal abstract unsafe class Operation
    {
        internal ulong Id;
        internal CancellationToken Token;
        internal Action<string> KeepTicket;
        internal IProgress<AllocationProgress> Progress;
        internal Action<string> TakeLine;
        internal Action<byte[]> TakeData;

        /// <summary>The ticket that came last: what is left of an allocation when its client goes away.</summary>
        protected string LastTicket;

        /// <summary>What a callback of the caller's threw.</summary>
        protected Exception CallbackFault;

        /// <summary>What the caller's callback can't take: the client ends the operation.</summary>
        internal enum Verdict
        {
            GoOn,
            TicketNotKept,
            Cancel,
        }

        /// <summary>Takes an event that does not end the operation. Callbacks of the caller's run in here.</summary>
        internal Verdict Take(NativeEvent* @event)
        {
            if (CallbackFault != null)
            {
                return Verdict.GoOn;
            }
            bool isTicket = @event->Kind == (int)NativeEventKind.Ticket;
            try
            {
                switch ((NativeEventKind)@event->Kind)
                {
                    case NativeEventKind.Ticket:
                        LastTicket = Views.Text(@event->Text);
                        KeepTicket?.Invoke(LastTicket);
                        break;
                    case NativeEventKind.Progress:
                        Progress?.Report(Results.Progress(@event->Progress));
                        break;
                    case NativeEventKind.LogLine:
                        TakeLine?.Invoke(Views.Text(@event->Text));
                        break;
                    case NativeEventKind.Data:
                        TakeData?.Invoke(Views.Bytes(@event->Data));
                        break;
                }
                return Verdict.GoOn;
            }
            catch (Exception fault)
            {
                CallbackFault = fault;
                return isTicket ? Verdict.TicketNotKept : Verdict.Cancel;
            }
        }

        /// <summary>Takes the event that ends the operation.</summary>
        internal abstract void End(NativeEvent* @event);

        /// <summary>Ends it without an event, since none will come.</summary>
        internal abstract void Fail(MatchportStatus status, string message);
    }

    internal sealed unsafe class Operation<T> : Operation
    {
        private readonly TaskCompletionSource<T> source;
        private readonly NativeEventKind expected;
        private readonly ResultReader<T> read;

        internal Operation(NativeEventKind expected, ResultReader<T> read, TaskCreationOptions options)
        {
            this.expected = expected;
            this.read = read;
            source = new TaskCompletionSource<T>(options);
        }

        internal Task<T> Task
        {
            get { return source.Task; }
        }

        internal override void End(NativeEvent* @event)
        {
            try
            {
                if (@event->Kind == (int)expected)
                {
                    // A line or a piece that was not taken is a hole in the stream; a match that has its server is fine.
                    bool isHole = CallbackFault != null && (TakeLine != null || TakeData != null);
                    if (isHole)
                    {
                        source.TrySetException(CallbackFault);
                    }
                    else
                    {
                        source.TrySetResult(read(@event));
                    }
                }
                else if (@event->Error != null)
                {
                    source.TrySetException(Failure(Results.Error(@event->Error)));
                }
                else
                {
                    Fail((MatchportStatus)@event->Status, "ended with an event that this version does not know");
                }
            }
            catch (Exception fault)
            {
                // A result that can't be taken over must not leave its task waiting for ever.
                source.TrySetException(fault);
            }
        }

        internal override void Fail(MatchportStatus status, string message)
        {
            source.TrySetException(new MatchportException(new MatchportError
            {
                Status = status,
                Name = status.ToString(),
                Message = message,
                Ticket = LastTicket,
                Outcome = RequestOutcome.Unknown,
            }));
        }

        private Exception Failure(MatchportError error)
        {
            bool isCancelled = error.Status == MatchportStatus.Cancelled && CallbackFault == null;
            if (isCancelled && Token.IsCancellationRequested)
            {
                return new MatchportCanceledException(error, Token);
            }
            return new MatchportException(error, CallbackFault);
        }
    }
}
