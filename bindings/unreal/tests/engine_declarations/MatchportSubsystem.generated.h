// What the engine's header tool would generate. Nothing is needed of it here.
