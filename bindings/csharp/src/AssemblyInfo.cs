// Who may see the inside of the assembly: its tests, which compare it with the C header.

using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Matchport.Tests")]
