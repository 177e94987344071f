"""Evidence: what each file of a catalogue said on a day, under one signature.

A list has a line a file, and one root over all lines (a Merkle tree), which the identity signs. One
file's line can be shown and proven without the others.
"""
