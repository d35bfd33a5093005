// What a call or an operation came to: the numbers of matchport_status, which never change their meaning.

namespace Matchport
{
    /// <summary>
    /// What a call returns, and why an operation failed. Numbers keep their meaning for ever; more may be added, so
    /// treat an unknown one like the first of its hundred. 0 is success and 1 is "nothing there". From 100 on a call
    /// was refused and changed nothing. From 200 on an operation has failed; these stand in events and not in return
    /// values.
    /// </summary>
    [NativeName("matchport_status")]
    public enum MatchportStatus
    {
        /// <summary>Done.</summary>
        Ok = 0,

        /// <summary>Nothing there: no event, no request, no deadline, no such session.</summary>
        Empty = 1,

        /// <summary>The call was refused for a reason that this version of the header does not know.</summary>
        CallRefused = 100,

        /// <summary>A pointer that must not be null is null.</summary>
        NullArgument = 101,

        /// <summary>The client has been freed, or never was one.</summary>
        InvalidHandle = 102,

        /// <summary>An argument is out of its range; see the message.</summary>
        InvalidArgument = 103,

        /// <summary>
        /// The member struct_size is too small, no multiple of a pointer's size, absurdly large, or members that this
        /// library does not know are not zero.
        /// </summary>
        InvalidStructSize = 104,

        /// <summary>A text is not valid UTF-8.</summary>
        InvalidUtf8 = 105,

        /// <summary>
        /// A text or an array is longer than 4 MiB, or more than ten million entries.
        /// </summary>
        ArgumentTooLarge = 106,

        /// <summary>Another thread is in a call with this client.</summary>
        Busy = 107,

        /// <summary>The log hook called back into its client.</summary>
        Reentered = 108,

        /// <summary>
        /// A fault inside of the library has put this client out of use: free it. Other clients are not affected.
        /// </summary>
        Poisoned = 109,

        /// <summary>The client has been shut down and takes no further operation.</summary>
        ClosedClient = 110,

        /// <summary>No such operation is under way (any more).</summary>
        UnknownOperation = 111,

        /// <summary>
        /// No such HTTP request is in flight (any more). An answer that comes after its request was aborted gets this,
        /// and needs no further care.
        /// </summary>
        UnknownRequest = 112,

        /// <summary>A whole answer for a request that asks for a stream, or the other way round.</summary>
        WrongResponseMode = 113,

        /// <summary>The call belongs to the other transport.</summary>
        WrongTransport = 114,

        /// <summary>This build of the library has no built-in transport.</summary>
        NoBuiltInTransport = 115,

        /// <summary>
        /// There are not enough random bytes left: the client brings them by itself.
        /// </summary>
        NeedsEntropy = 116,

        /// <summary>There are 1,024 clients already.</summary>
        TooManyClients = 117,

        /// <summary>The system refused something that is needed: a thread, a pipe, random bytes.</summary>
        SystemRefused = 118,

        /// <summary>The event is not (any more) one of those that were taken last.</summary>
        StaleEvent = 119,

        /// <summary>
        /// The operation failed for a reason that this version of the header does not know; see the error's name.
        /// </summary>
        Failed = 200,

        /// <summary>The input was refused before anything was sent; the error's field names it.</summary>
        InvalidInput = 201,

        /// <summary>400.</summary>
        BadRequest = 202,

        /// <summary>401: the token is missing or wrong.</summary>
        Unauthorized = 203,

        /// <summary>402, or 403 with that code: the quota is used up.</summary>
        QuotaExceeded = 204,

        /// <summary>403: the token lacks the permission.</summary>
        Forbidden = 205,

        /// <summary>404: image, location, tag or session unknown.</summary>
        NotFound = 206,

        /// <summary>409: the id is used by something else, or the session has already ended.</summary>
        Conflict = 207,

        /// <summary>420 everywhere, until the deadline.</summary>
        NoCapacity = 208,

        /// <summary>422: the service found the body invalid; the error's violations name the fields.</summary>
        InvalidRequest = 209,

        /// <summary>429.</summary>
        RateLimited = 210,

        /// <summary>A status that the API does not document.</summary>
        UnexpectedStatus = 211,

        /// <summary>5xx, or a gateway's page with a status that would otherwise be the service's word.</summary>
        ServiceFault = 212,

        /// <summary>The answer could not be read.</summary>
        UnreadableResponse = 213,

        /// <summary>The answer, or what was to be sent, is larger than the documented limit.</summary>
        TooLarge = 214,

        /// <summary>The connection failed.</summary>
        Transport = 215,

        /// <summary>No answer came in time.</summary>
        Timeout = 216,

        /// <summary>The operation's deadline passed.</summary>
        DeadlineExceeded = 217,

        /// <summary>The caller cancelled.</summary>
        Cancelled = 218,

        /// <summary>The client was shut down.</summary>
        ShutDown = 219,

        /// <summary>The session ended before it could be joined.</summary>
        SessionEnded = 220,

        /// <summary>Placement left no location.</summary>
        NoLocation = 221,

        /// <summary>No running session has enough open slots.</summary>
        NoOpenSession = 222,

        /// <summary>The caller could not keep the ticket, so nothing was sent.</summary>
        TicketNotKept = 223,

        /// <summary>The ticket can't be read or does not hold what is needed.</summary>
        InvalidTicket = 224,
    }
}
