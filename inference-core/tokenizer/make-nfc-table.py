#!/usr/bin/env python3
"""Writes nfc.txt, the data of Nfc.cs, from Python's Unicode database. .NET's own normalization needs ICU, which the box does not have.

Lines: `C <scalar> <combining class>` and `D <scalar> <first> [<second>] [x]` (canonical decomposition; x = excluded from composition), hex.
"""
import sys
import unicodedata as u

# A pair is excluded from composition when NFC of the composite is not the composite itself.
print(f"# Unicode {u.unidata_version}; made by make-nfc-table.py")
for c in range(sys.maxunicode + 1):
    if 0xD800 <= c <= 0xDFFF or 0xAC00 <= c <= 0xD7A3:
        continue
    s = chr(c)
    if u.combining(s):
        print(f"C {c:X} {u.combining(s):X}")
    d = u.decomposition(s)
    if d and not d.startswith("<"):
        print(f"D {c:X} {d}" + ("" if u.normalize("NFC", s) == s else " x"))
