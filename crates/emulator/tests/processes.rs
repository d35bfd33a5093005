//! What a game server gets, and how a session follows its process: environment, arguments, versions, delays, restarts, ends.
