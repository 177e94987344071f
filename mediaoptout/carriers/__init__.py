"""The blocks that many containers share: parsed, merged, and given back as bytes."""
