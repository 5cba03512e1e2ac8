"""A document as DOCX: title page, table of contents with links and page numbers, captions, repeated header rows.

The table of contents is made of references to the pages of the headings. Word and LibreOffice number pages themselves:
LibreOffice on opening, Word after the question whether fields shall be updated.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from docx import Document as new_docx
from docx.document import Document as Docx
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_BREAK, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph as DocxParagraph

from etl.publish.profile.blocks import Block, Bullets, Document, Heading, Paragraph, Properties, Table

FONT = "Arial"
BLUE = RGBColor(0x1F, 0x4E, 0x79)
WIDTH = 17.0
"""Centimetres between the margins of an A4 page."""


def write_docx(path: Path, document: Document) -> None:
    """Write the document to ``path``."""
    docx = new_docx()
    _styles(docx)
    _properties(docx, document)
    _page(docx, document)
    _title(docx, document)
    if document.contents:
        _contents(docx, document)
    number = 0
    for block in document.blocks:
        if isinstance(block, Heading) and block.level <= 2:
            number += 1
        _block(docx, block, number)
    docx.save(str(path))


def _style(docx: Docx, name: str) -> ParagraphStyle:
    style = docx.styles[name]
    assert isinstance(style, ParagraphStyle)  # noqa: S101  # these names are paragraph styles in the template
    return style


def _styles(docx: Docx) -> None:
    """Fonts, German as language, styles for captions and the table of contents."""
    normal = _style(docx, "Normal")
    normal.font.name, normal.font.size = FONT, Pt(10)
    normal.paragraph_format.space_after = Pt(6)
    run = normal.element.get_or_add_rPr()
    run.rFonts.set(qn("w:eastAsia"), FONT)
    defaults = docx.styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
    for holder in (run, defaults):
        if holder is None:
            continue
        for old in holder.findall(qn("w:lang")):
            holder.remove(old)
        holder.append(_xml('<w:lang {} w:val="de-DE" w:eastAsia="de-DE" w:bidi="de-DE"/>'))
    for level, size in ((1, 16), (2, 13), (3, 11)):
        style = _style(docx, f"Heading {level}")
        style.font.name, style.font.size, style.font.color.rgb, style.font.bold = FONT, Pt(size), BLUE, True
        for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            style.element.rPr.rFonts.attrib.pop(qn(theme), None)
        style.paragraph_format.keep_with_next = True
        style.paragraph_format.space_before = Pt(18 if level == 1 else 12)
        style.paragraph_format.space_after = Pt(6)
    caption = _style(docx, "Caption")
    caption.font.bold, caption.font.size, caption.font.color.rgb = True, Pt(9), RGBColor(0, 0, 0)
    caption.paragraph_format.keep_with_next = True
    caption.paragraph_format.space_after = Pt(2)
    for level in (1, 2):
        style = docx.styles.add_style(f"toc {level}", WD_STYLE_TYPE.PARAGRAPH, builtin=True)
        assert isinstance(style, ParagraphStyle)  # noqa: S101
        style.base_style = normal
        style.font.bold = level == 1
        style.paragraph_format.left_indent = Cm(0.6 * (level - 1))
        style.paragraph_format.space_after = Pt(2)
        style.paragraph_format.tab_stops.add_tab_stop(Cm(WIDTH), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)


def _properties(docx: Docx, document: Document) -> None:
    core = docx.core_properties
    core.title, core.subject, core.author = document.title, document.subtitle, document.issuer
    core.language, core.keywords, core.comments = "de-DE", "Sozialbericht", ""
    core.created = core.modified = datetime.combine(document.day, time(), UTC)
    core.last_modified_by = document.issuer
    # page references have no numbers until they are laid out
    update = _xml('<w:updateFields {} w:val="true"/>')
    later = ("w:hdrShapeDefaults", "w:footnotePr", "w:endnotePr", "w:compat", "w:rsids", "w:themeFontLang")
    settings = docx.settings.element
    follower = next((e for e in settings if e.tag in {qn(name) for name in later}), None)
    settings.append(update) if follower is None else follower.addprevious(update)


def _page(docx: Docx, document: Document) -> None:
    section = docx.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2)
    section.top_margin, section.bottom_margin = Cm(2.2), Cm(2)
    section.different_first_page_header_footer = True
    head = section.header.paragraphs[0]
    head.text = f"{document.title}, Stand {document.day:%d.%m.%Y}"
    foot = section.footer.paragraphs[0]
    foot.paragraph_format.tab_stops.add_tab_stop(Cm(WIDTH), WD_TAB_ALIGNMENT.RIGHT)
    foot.add_run(f"{document.issuer}\tSeite ")
    _field(foot, "PAGE")
    foot.add_run(" von ")
    _field(foot, "NUMPAGES")
    for paragraph in (head, foot):
        for run in paragraph.runs:
            run.font.size = Pt(8)


def _title(docx: Docx, document: Document) -> None:
    name = docx.add_paragraph(style="Title")
    name.paragraph_format.space_before = Cm(5) if document.contents else Pt(0)
    name.add_run(document.title).font.name = FONT
    docx.add_paragraph(document.subtitle, style="Subtitle")
    docx.add_paragraph(f"{document.issuer}\nStand: {document.day:%d.%m.%Y}")
    for line in document.about:
        docx.add_paragraph(line)


def _contents(docx: Docx, document: Document) -> None:
    docx.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
    title = docx.add_paragraph("Inhalt")
    title.runs[0].font.size, title.runs[0].font.bold, title.runs[0].font.color.rgb = Pt(16), True, BLUE
    for number, heading in enumerate(document.headings(), start=1):
        paragraph = docx.add_paragraph(style=f"toc {heading.level}")
        link = _xml(f'<w:hyperlink {{}} w:anchor="{_anchor(number)}" w:history="1"/>')
        paragraph._p.append(link)
        inside = DocxParagraph(link, paragraph._parent)  # runs of a link are added as to a paragraph
        inside.add_run(heading.text)
        inside.add_run("\t")
        _field(inside, f"PAGEREF {_anchor(number)} \\h")
    docx.add_paragraph().add_run().add_break(WD_BREAK.PAGE)


def _anchor(number: int) -> str:
    return f"_Toc{number:06d}"


def _block(docx: Docx, block: Block, number: int) -> None:
    match block:
        case Heading():
            paragraph = docx.add_heading(block.text, block.level)
            if block.level <= 2:
                _bookmark(paragraph, number)
        case Paragraph():
            docx.add_paragraph(block.text)
        case Bullets():
            for item in block.items:
                docx.add_paragraph(item, style="List Bullet")
        case Table():
            _table(docx, block.caption, block.header, block.rows, block.shares())
        case Properties():
            _table(docx, block.caption, ("Angabe", "Inhalt"), block.pairs, (0.24, 0.76), names=True)


def _table(
    docx: Docx,
    caption: str,
    header: tuple[str, ...],
    rows: tuple[tuple[str, ...], ...],
    shares: tuple[float, ...],
    *,
    names: bool = False,
) -> None:
    """A table under its caption; the header row is repeated on every page, no row breaks across pages.

    Made in one piece: cell by cell through python-docx the profile would take ten times as long.
    """
    docx.add_paragraph(caption, style="Caption")
    widths = [round(WIDTH * share / 2.54 * 1440) for share in shares]
    words = quoteattr(caption)
    grid = "".join(f'<w:gridCol w:w="{w}"/>' for w in widths)
    body = "".join(
        _row(texts, widths, bold=number == 0, names=names, fill=number == 0)
        for number, texts in enumerate((header, *rows))
    )
    table = parse_xml(
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblStyle w:val="TableGrid"/><w:tblW w:w="{sum(widths)}" w:type="dxa"/>'
        '<w:tblLayout w:type="fixed"/><w:tblLook w:val="0420" w:firstRow="1" w:lastRow="0" w:firstColumn="0" '
        f'w:lastColumn="0" w:noHBand="0" w:noVBand="1"/><w:tblCaption w:val={words}/><w:tblDescription w:val={words}/>'
        f"</w:tblPr><w:tblGrid>{grid}</w:tblGrid>{body}</w:tbl>"
    )
    docx.element.body.sectPr.addprevious(table)
    docx.add_paragraph().paragraph_format.space_after = Pt(4)


def _row(texts: tuple[str, ...], widths: list[int], *, bold: bool, names: bool, fill: bool) -> str:
    """One row as XML; ``names``: the first cell of every row is a name."""
    cells = []
    for position, (text, width) in enumerate(zip(texts, widths, strict=True)):
        shade = '<w:shd w:val="clear" w:color="auto" w:fill="E8EDF2"/>' if fill else ""
        strong = "<w:b/>" if bold or (names and position == 0) else ""
        run = f'<w:r><w:rPr>{strong}<w:sz w:val="17"/></w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'
        paragraph = f'<w:p><w:pPr><w:spacing w:after="20"/></w:pPr>{run}</w:p>'
        cells.append(f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{shade}</w:tcPr>{paragraph}</w:tc>')
    repeated = "<w:tblHeader/>" if fill else ""
    return f"<w:tr><w:trPr><w:cantSplit/>{repeated}</w:trPr>{''.join(cells)}</w:tr>"


def _bookmark(paragraph: DocxParagraph, number: int) -> None:
    start = _xml(f'<w:bookmarkStart {{}} w:id="{number}" w:name="{_anchor(number)}"/>')
    paragraph._p.insert(1 if paragraph._p.pPr is not None else 0, start)
    paragraph._p.append(_xml(f'<w:bookmarkEnd {{}} w:id="{number}"/>'))


def _xml(element: str) -> Any:
    """An element from its text; ``{}`` stands for the declaration of the namespace."""
    return parse_xml(element.format(nsdecls("w")))


def _field(paragraph: DocxParagraph, instruction: str) -> None:
    """A field with begin, instruction, separator and end."""
    for inner in (
        '<w:fldChar w:fldCharType="begin"/>',
        f'<w:instrText xml:space="preserve"> {instruction} </w:instrText>',
        '<w:fldChar w:fldCharType="separate"/>',
        '<w:fldChar w:fldCharType="end"/>',
    ):
        paragraph._p.append(parse_xml(f"<w:r {nsdecls('w')}>{inner}</w:r>"))
