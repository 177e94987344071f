"""Technical facts of a file: what MediaInfo says of its tracks, by names of ours.

pymediainfo is the extra ``facts``; it is loaded only where a rule asks for a fact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mediaoptout.errors import UsageError

Value = str | int | float


@dataclass(frozen=True, slots=True)
class Name:
    """A fact that can be asked for.

    Args:
        track: the kind of track that has it, as MediaInfo calls it.
        field: its field there, as pymediainfo calls it.
        help: what it is, with its unit.
        convert: makes the value of what MediaInfo says.
    """

    track: str
    field: str
    help: str
    convert: Callable[[Any], Value]


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of one track.

    Args:
        value: what it is.
        track: the track, counted from 1 among its kind; None where there is one.
    """

    value: Value
    track: int | None = None


def shown(fact: Fact) -> str:
    """A fact's value for people, with the track where there are several."""
    value = f"{fact.value:g}" if isinstance(fact.value, float) else str(fact.value)
    return value if fact.track is None else f"{value} in track {fact.track}"


def _text(value: Any) -> str:
    return str(value).strip()


def _number(value: Any) -> int | float:
    number = float(str(value).split("/")[0].strip().split(" ")[0])
    return int(number) if number.is_integer() else number


def _seconds(value: Any) -> float:
    return float(value) / 1000


NAMES: Final[Mapping[str, Name]] = {
    "format": Name("General", "format", "the container, like `Wave`, `MPEG-4`, `FLAC`", _text),
    "duration": Name("General", "duration", "in seconds", _seconds),
    "bit-rate": Name("General", "overall_bit_rate", "of the whole file, in bits a second", _number),
    "audio.count": Name("General", "count_of_audio_streams", "how many audio tracks", _number),
    "audio.codec": Name("Audio", "format", "like `PCM`, `FLAC`, `AAC`, `MPEG Audio`", _text),
    "audio.profile": Name("Audio", "format_profile", "like `Layer 3`", _text),
    "audio.compression": Name("Audio", "compression_mode", "`Lossy` or `Lossless`", _text),
    "audio.sample-rate": Name("Audio", "sampling_rate", "in Hz", _number),
    "audio.bit-depth": Name("Audio", "bit_depth", "bits a sample", _number),
    "audio.channels": Name("Audio", "channel_s", "how many", _number),
    "audio.layout": Name("Audio", "channel_layout", "like `L R`, `L R C LFE Ls Rs`", _text),
    "audio.bit-rate": Name("Audio", "bit_rate", "in bits a second", _number),
    "audio.bit-rate-mode": Name("Audio", "bit_rate_mode", "`CBR` or `VBR`", _text),
    "audio.duration": Name("Audio", "duration", "in seconds", _seconds),
    "audio.md5": Name(
        "Audio", "md5_of_the_unencoded_content", "of the samples, where the codec says it", _text
    ),
    "audio.loudness": Name(
        "Audio", "integratedloudness", "integrated loudness in LUFS, where a tag says it", _number
    ),
    "audio.true-peak": Name("Audio", "maxtruepeaklevel", "in dBTP, where a tag says it", _number),
    "audio.replay-gain": Name("Audio", "replay_gain", "in dB, where a tag says it", _number),
    "video.count": Name("General", "count_of_video_streams", "how many video tracks", _number),
    "video.codec": Name("Video", "format", "like `AVC`, `HEVC`, `ProRes`, `FFV1`", _text),
    "video.profile": Name("Video", "format_profile", "like `High@L4`, `422 HQ`", _text),
    "video.width": Name("Video", "width", "in pixels", _number),
    "video.height": Name("Video", "height", "in pixels", _number),
    "video.frame-rate": Name("Video", "frame_rate", "frames a second", _number),
    "video.frame-rate-mode": Name("Video", "frame_rate_mode", "`CFR` or `VFR`", _text),
    "video.bit-depth": Name("Video", "bit_depth", "bits a component", _number),
    "video.bit-rate": Name("Video", "bit_rate", "in bits a second", _number),
    "video.chroma": Name("Video", "chroma_subsampling", "like `4:2:2`", _text),
    "video.color-space": Name("Video", "color_space", "like `YUV`, `RGB`", _text),
    "video.color-primaries": Name("Video", "color_primaries", "like `BT.709`", _text),
    "video.scan": Name("Video", "scan_type", "`Progressive` or `Interlaced`", _text),
    "video.aspect-ratio": Name("Video", "display_aspect_ratio", "of the picture as shown", _number),
    "video.duration": Name("Video", "duration", "in seconds", _seconds),
    "image.codec": Name("Image", "format", "like `JPEG`, `PNG`, `TIFF`", _text),
    "image.width": Name("Image", "width", "in pixels", _number),
    "image.height": Name("Image", "height", "in pixels", _number),
    "image.bit-depth": Name("Image", "bit_depth", "bits a component", _number),
    "image.color-space": Name("Image", "color_space", "like `RGB`, `YUV`, `CMYK`", _text),
    "image.compression": Name("Image", "compression_mode", "`Lossy` or `Lossless`", _text),
    "text.count": Name("General", "count_of_text_streams", "how many subtitle tracks", _number),
}
"""Every fact, by the name that policies use."""


def read(path: Path) -> Mapping[str, tuple[Fact, ...]]:
    """The facts of a file; empty if MediaInfo can make nothing of it.

    Args:
        path: the file.

    Raises:
        UsageError: pymediainfo or MediaInfo's library is not installed.
    """
    tracks: dict[str, list[Mapping[str, Any]]] = {}
    for track in _tracks(path):
        tracks.setdefault(str(track.get("track_type")), []).append(track)
    return {
        name: tuple(_found(tracks.get(asked.track, []), asked)) for name, asked in NAMES.items()
    }


def _found(tracks: list[Mapping[str, Any]], asked: Name) -> Iterator[Fact]:
    for number, track in enumerate(tracks, 1):
        raw = track.get(asked.field)
        if raw not in (None, ""):
            try:
                value = asked.convert(raw)
            except (ValueError, TypeError):
                continue
            yield Fact(value, number if len(tracks) > 1 else None)


def require() -> None:
    """Find out at once whether facts can be read.

    Raises:
        UsageError: pymediainfo or MediaInfo's library is not installed.
    """
    try:
        from pymediainfo import MediaInfo
    except ImportError as error:
        raise _lacking("pymediainfo is not installed") from error
    if not MediaInfo.can_parse():
        raise _lacking("the library of MediaInfo is not found")


def _lacking(what: str) -> UsageError:
    return UsageError(
        f"the policy asks for technical facts, but {what}",
        fix='install it with: pip install "mediaoptout[facts]"',
        code="facts-unavailable",
    )


def _tracks(path: Path) -> list[dict[str, Any]]:
    require()
    from pymediainfo import MediaInfo

    try:
        found = MediaInfo.parse(path)
    except (OSError, RuntimeError):
        return []
    return [track.to_data() for track in found.tracks]
