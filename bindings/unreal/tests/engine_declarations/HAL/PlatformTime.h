#include "../EngineDeclarations.h"
