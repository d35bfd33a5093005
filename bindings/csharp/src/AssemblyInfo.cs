// Who may see the inside of the assembly: its tests, which compare it with the C header, and the player of the conformance
// vectors, which tells the time.

using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Matchport.Tests")]
[assembly: InternalsVisibleTo("Matchport.Vectors")]
