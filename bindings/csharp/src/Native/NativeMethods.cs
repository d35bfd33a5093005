// The functions of the C header, under their names. Nothing but declarations; a test compares the names with the header.

using System;
using System.Runtime.InteropServices;

namespace Matchport.Native
{
    [Preserve]
    internal static unsafe class NativeMethods
    {
        /// The version of the C ABI that this binding is written for.
        internal const uint AbiVersion = 1;

        // Where a platform allows no shared library of one's own, it is linked into the program.
#if (UNITY_IOS || UNITY_TVOS || UNITY_VISIONOS) && !UNITY_EDITOR
        internal const string Library = "__Internal";
#else
        internal const string Library = "matchport";
#endif

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern uint matchport_abi_version();

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern NativeString matchport_version();

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern int matchport_has_built_in_transport();

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern NativeString matchport_status_text(int status);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern NativeString matchport_str(byte* text);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_new(
            NativeClientOptions* options, IntPtr* client, byte* message, UIntPtr messageSize);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_free(IntPtr client);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_tick(IntPtr client);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_tick_at(IntPtr client, ulong nowMs);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_next_deadline(IntPtr client, ulong* inMs);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_add_entropy(IntPtr client, NativeBytes bytes);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_cancel(IntPtr client, ulong operation);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_ticket_not_kept(IntPtr client, ulong operation);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_shutdown(IntPtr client, ulong withinMs);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_operation_count(IntPtr client, UIntPtr* count);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern NativeString matchport_client_last_message(IntPtr client);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_test_fault(IntPtr client);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_options_init(
            NativeClientOptions* options, UIntPtr size);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_wait(IntPtr client, ulong timeoutMs);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_wake(IntPtr client);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_next_event(IntPtr client, NativeEvent** @event);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_next_events(
            IntPtr client, NativeEvent** events, UIntPtr capacity, UIntPtr* count);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_event_json(
            IntPtr client, NativeEvent* @event, NativeString* json);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_allocate_options_init(
            NativeAllocateOptions* options, UIntPtr size);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_allocate(
            IntPtr client, NativeAllocateOptions* options, ulong* operation);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_backfill_options_init(
            NativeBackfillOptions* options, UIntPtr size);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_backfill(
            IntPtr client, NativeBackfillOptions* options, ulong* operation);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_describe(
            IntPtr client, NativeString session, ulong* operation);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_stop(
            IntPtr client, NativeString session, ulong* operation);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_join(
            IntPtr client, NativeString session, NativeString* players, UIntPtr playerCount, ulong* operation);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_leave(
            IntPtr client, NativeString* players, UIntPtr playerCount, ulong* operation);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_locations(
            IntPtr client, NativeString image, ulong* operation);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_tag_exists(
            IntPtr client, NativeString location, NativeString image, NativeString version, ulong* operation);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_logs(
            IntPtr client, NativeString session, int follow, ulong* operation);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_artifact(
            IntPtr client, NativeString session, NativeString path, ulong* operation);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_list_options_init(NativeListOptions* options, UIntPtr size);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_list(
            IntPtr client, NativeListOptions* options, ulong* operation);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_ping_options_init(NativePingOptions* options, UIntPtr size);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_ping(
            IntPtr client, NativePingOptions* options, ulong* operation);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_resume_options_init(
            NativeResumeOptions* options, UIntPtr size);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_resume(
            IntPtr client, NativeResumeOptions* options, ulong* operation);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_session(
            IntPtr client, NativeString id, NativeSnapshot** snapshot);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_sessions(
            IntPtr client, NativeSnapshot*** snapshots, UIntPtr* count);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_http_response_init(NativeHttpResponse* response, UIntPtr size);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_next_http_request(
            IntPtr client, NativeHttpRequest** request);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_http_response(
            IntPtr client, ulong request, NativeHttpResponse* response);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_http_stream_begin(
            IntPtr client, ulong request, NativeHttpResponse* response);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_http_stream_data(
            IntPtr client, ulong request, NativeBytes bytes);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_http_stream_end(IntPtr client, ulong request);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern MatchportStatus matchport_client_http_failed(
            IntPtr client, ulong request, int failure, NativeString message);
    }
}
