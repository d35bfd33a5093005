// How failures reach the caller: what happened, where, whether a server may be left, what to do next. No text holds the
// token or values of the environment.

using System;
using System.Collections.Generic;
using System.Threading;

namespace Matchport
{
    /// <summary>One field that the service refused.</summary>
    public sealed class Violation
    {
        /// <summary>The field, as the service names it.</summary>
        public string Field { get; internal set; }

        /// <summary>What is wrong with it.</summary>
        public string Description { get; internal set; }
    }

    /// <summary>Why an operation failed, or a call was refused.</summary>
    public sealed class MatchportError
    {
        internal MatchportError()
        {
            Violations = new Violation[0];
        }

        /// <summary>What went wrong, as a number.</summary>
        public MatchportStatus Status { get; internal set; }

        /// <summary>The same as a name that is stable too, such as "no_capacity".</summary>
        public string Name { get; internal set; }

        /// <summary>What happened, for people.</summary>
        public string Message { get; internal set; }

        /// <summary>The HTTP status; 0 when no answer came.</summary>
        public int HttpStatus { get; internal set; }

        /// <summary>The service's trace id, to quote to its support; may be null.</summary>
        public string Identifier { get; internal set; }

        /// <summary>For invalid input: the field, such as "players[3]"; else null.</summary>
        public string Field { get; internal set; }

        /// <summary>For a 422: the fields that the service refused. Never null.</summary>
        public IList<Violation> Violations { get; internal set; }

        /// <summary>How long the service asked to wait; null when it did not.</summary>
        public TimeSpan? RetryAfter { get; internal set; }

        /// <summary>
        /// A ticket, as JSON, when a server may have been left running: keep it, and hand it to
        /// <see cref="MatchportClient.ResumeAsync"/> with <see cref="ResumeRequest.Settle"/>. Null when nothing is left.
        /// </summary>
        public string Ticket { get; internal set; }

        /// <summary>How an allocation came to this; null for other operations.</summary>
        public AllocationReport Report { get; internal set; }

        /// <summary>Whether the request may have taken effect.</summary>
        public RequestOutcome Outcome { get; internal set; }

        /// <summary>Whether the same call may succeed later without a change.</summary>
        public bool IsRetryable { get; internal set; }

        /// <summary>The message with the number and what belongs to it.</summary>
        public override string ToString()
        {
            string text = Message + " (" + Name;
            if (HttpStatus != 0)
            {
                text += ", HTTP " + HttpStatus;
            }
            if (!string.IsNullOrEmpty(Identifier))
            {
                text += ", identifier " + Identifier;
            }
            foreach (Violation violation in Violations)
            {
                text += "; " + violation.Field + ": " + violation.Description;
            }
            return text + ")";
        }
    }

    /// <summary>An operation failed, or a call was refused.</summary>
    public sealed class MatchportException : Exception
    {
        internal MatchportException(MatchportError error, Exception inner = null) : base(error.ToString(), inner)
        {
            Error = error;
        }

        /// <summary>All that is known about it.</summary>
        public MatchportError Error { get; private set; }

        /// <summary>What went wrong.</summary>
        public MatchportStatus Status
        {
            get { return Error.Status; }
        }
    }

    /// <summary>
    /// The caller cancelled, and the operation has ended. For an allocation that means that no server is left, unless
    /// <see cref="MatchportError.Ticket"/> says otherwise.
    /// </summary>
    public sealed class MatchportCanceledException : OperationCanceledException
    {
        internal MatchportCanceledException(MatchportError error, CancellationToken token)
            : base(error.ToString(), token)
        {
            Error = error;
        }

        /// <summary>All that is known about it.</summary>
        public MatchportError Error { get; private set; }
    }
}
