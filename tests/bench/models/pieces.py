"""SentencePiece's model file, a protocol buffer, written without its library."""

import struct

NORMAL, UNKNOWN, CONTROL = 1, 2, 3
UNIGRAM = 1


def sentencepiece_model(pieces: list[str]) -> bytes:
    """A unigram model of these pieces; the first ones that are no words are the unknown and the control ones."""
    kinds = {"<unk>": UNKNOWN, "</s>": CONTROL}
    model = bytearray()
    for place, text in enumerate(pieces):
        score = struct.pack("<f", -float(place) / 1000)
        piece = _bytes(1, text.encode()) + b"\x15" + score + _number(3, kinds.get(text, NORMAL))
        model += _bytes(1, piece)
    trainer = _number(3, UNIGRAM) + _bytes(45, b"<unk>")
    return bytes(model + _bytes(2, trainer))


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 127:
        encoded.append(number & 127 | 128)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value
