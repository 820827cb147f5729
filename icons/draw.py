"""Draw Bimo's icon, a cinnabar seal with 墨 (ink) cut out of it, in every size and format that the bundles want.

    python draw.py          needs Pillow and the Noto Serif CJK fonts
"""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

HERE = Path(__file__).parent
FONT = "/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc"
SIMPLIFIED = 2  # face of the collection
CANVAS = 2048
MARGIN = 152
CORNER = 392
CINNABAR_TOP = (196, 64, 50)
CINNABAR_BOTTOM = (158, 42, 33)
PAPER = (253, 249, 241, 255)


def gradient() -> Image.Image:
    """The seal's colour, a little deeper towards the bottom."""
    column = Image.new("RGB", (1, CANVAS))
    for y in range(CANVAS):
        part = y / (CANVAS - 1)
        mixed = zip(CINNABAR_TOP, CINNABAR_BOTTOM, strict=True)
        column.putpixel((0, y), tuple(round(a + (b - a) * part) for a, b in mixed))
    return column.resize((CANVAS, CANVAS))


def rounded(inset: int, corner: int) -> Image.Image:
    mask = Image.new("L", (CANVAS, CANVAS))
    box = (inset, inset, CANVAS - inset, CANVAS - inset)
    ImageDraw.Draw(mask).rounded_rectangle(box, corner, fill=255)
    return mask


def character(size: int) -> Image.Image:
    """墨 by its inked box, not by its font's metrics, in the middle of the seal."""
    mask = Image.new("L", (CANVAS, CANVAS))
    font = ImageFont.truetype(FONT, size, index=SIMPLIFIED)
    left, top, right, bottom = font.getbbox("墨")
    at = ((CANVAS - left - right) / 2, (CANVAS - top - bottom) / 2)
    ImageDraw.Draw(mask).text(at, "墨", font=font, fill=255)
    return mask


def seal(size: int) -> Image.Image:
    """Small sizes lose the rim and get a larger, bolder character, for a rim of half a pixel is only dirt."""
    is_small = size <= 48
    margin = 40 if is_small else MARGIN
    icon = Image.new("RGBA", (CANVAS, CANVAS))
    body = rounded(margin, CORNER)
    if not is_small:
        shadow = Image.new("RGBA", (CANVAS, CANVAS), (40, 20, 10, 110))
        blurred = body.filter(ImageFilter.GaussianBlur(28))
        icon.paste(shadow, (0, 22), blurred)
    icon.paste(gradient(), (0, 0), body)
    if not is_small:
        rim = rounded(margin + 92, CORNER - 84)
        rim.paste(0, mask=rounded(margin + 122, CORNER - 110))
        icon.paste(Image.new("RGBA", icon.size, PAPER[:3] + (235,)), (0, 0), rim)
    ink = character(1640 if is_small else 1270)
    if is_small:
        ink = ink.filter(ImageFilter.MaxFilter(17))
    icon.paste(Image.new("RGBA", icon.size, PAPER), (0, 0), ink)
    return icon.resize((size, size), Image.Resampling.LANCZOS)


def main() -> None:
    for name, size in {"32x32": 32, "128x128": 128, "128x128@2x": 256, "icon": 512}.items():
        seal(size).save(HERE / f"{name}.png", optimize=True)
    sizes = [16, 24, 32, 48, 64, 256]
    images = [seal(size) for size in sizes]
    images[-1].save(HERE / "icon.ico", sizes=[(s, s) for s in sizes], append_images=images[:-1])
    large = [seal(size) for size in (32, 64, 128, 256, 512)]
    seal(1024).save(HERE / "icon.icns", append_images=large)


main()
