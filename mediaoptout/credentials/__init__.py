"""C2PA: identities, placing and signing the manifest, validation. Loads its libraries lazily."""
