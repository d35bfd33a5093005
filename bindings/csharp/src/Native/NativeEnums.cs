// Numbers of the C header that only the binding itself needs.

namespace Matchport.Native
{
    /// <summary>
    /// What an event says. Every number from 100 on ends its operation, those that are added later too; ignore other
    /// numbers that you don't know.
    /// </summary>
    [NativeName("matchport_event_kind")]
    internal enum NativeEventKind
    {
        /// <summary>
        /// text is the ticket of an allocation, as JSON: keep it, so that the allocation can go on anywhere. Nothing of
        /// this allocation is sent before the next event is asked for.
        /// </summary>
        Ticket = 1,

        /// <summary>progress says what an allocation is doing.</summary>
        Progress = 2,

        /// <summary>text is one line of a log.</summary>
        LogLine = 3,

        /// <summary>data is a piece of an artifact.</summary>
        Data = 4,

        /// <summary>Of matchport_client_allocate() and matchport_client_resume(): allocation.</summary>
        Allocated = 100,

        /// <summary>Of matchport_client_backfill(): backfilled.</summary>
        Backfilled = 101,

        /// <summary>Of matchport_client_list(): session_list.</summary>
        Sessions = 102,

        /// <summary>Of matchport_client_describe(): session.</summary>
        Described = 103,

        /// <summary>
        /// Of matchport_client_stop(): number is 1 when the session was running, 0 when it had ended already.
        /// </summary>
        Stopped = 104,

        /// <summary>Of matchport_client_join() and matchport_client_leave(): player_count.</summary>
        Players = 105,

        /// <summary>Of matchport_client_locations(): location_list.</summary>
        Locations = 106,

        /// <summary>Of matchport_client_tag_exists(): number is 1 when the tag exists, else 0.</summary>
        TagExists = 107,

        /// <summary>
        /// Of matchport_client_logs() and matchport_client_artifact(): number is how many bytes came.
        /// </summary>
        Streamed = 108,

        /// <summary>Of matchport_client_ping(): ping_list.</summary>
        Pinged = 109,

        /// <summary>Of any operation: error.</summary>
        Failed = 199,
    }

    /// <summary>What the host is to do.</summary>
    [NativeName("matchport_http_action")]
    internal enum NativeHttpAction
    {
        /// <summary>Send this request, once, and say what becomes of it.</summary>
        Send = 1,

        /// <summary>
        /// Close the connection of this request: nothing that comes of it is wanted any more. Only its id is given. No
        /// answer is due; one that comes all the same gets UNKNOWN_REQUEST.
        /// </summary>
        Abort = 2,
    }

    /// <summary>How the answer to a request is wanted.</summary>
    [NativeName("matchport_response_mode")]
    internal enum NativeResponseMode
    {
        /// <summary>In one piece: matchport_client_http_response().</summary>
        Whole = 1,

        /// <summary>Piece by piece as it comes: matchport_client_http_stream_begin(), _data(), _end().</summary>
        Stream = 2,
    }

    /// <summary>How loud a line of the log is.</summary>
    [NativeName("matchport_log_level")]
    internal enum NativeLogLevel
    {
        /// <summary>Nothing is logged.</summary>
        Off = 0,

        /// <summary>Something is left that somebody has to see to.</summary>
        Error = 1,

        /// <summary>Something failed.</summary>
        Warn = 2,

        /// <summary>Operations begin and end.</summary>
        Info = 3,

        /// <summary>Requests are sent and answered.</summary>
        Debug = 4,
    }

    /// <summary>Who carries the requests.</summary>
    [NativeName("matchport_transport")]
    internal enum NativeTransport
    {
        /// <summary>
        /// The host does: it pulls them with matchport_client_next_http_request() and pushes what comes of them. The
        /// library then has no thread, no socket, no clock (matchport_client_tick_at()) and no random numbers of its
        /// own (matchport_client_add_entropy()).
        /// </summary>
        Host = 0,

        /// <summary>
        /// The library does, on one worker thread of this client that starts with it and is joined when it is freed. It
        /// uses the system's clock, random numbers, proxies (for https) and certificates. While the name of the service
        /// is looked up, the system's resolver has a thread too, and freeing the client waits for it.
        /// </summary>
        BuiltIn = 1,
    }
}
