"""A web page is read as a person sees it: what its styles hide is left out, and what they part stays apart."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.documents.flow_text import LayerBuilder
from ringfence.documents.html import write_html
from tests.cases import case, codes


def page(html: str, hidden: bool = False) -> tuple[str, list[str]]:
    layer = LayerBuilder()
    write_html(layer, html, hidden=hidden)
    return "\n".join(layer.rows()), [part.code for part in layer.unread]


def test_the_cases() -> None:
    assert case("33-*").text == "Price: $19.99"
    assert codes(case("33-*")) == ["guessed-cents"]
    assert case("63-*").text == "Total EUR 100.00"
    assert codes(case("63-*")) == ["hidden-text"]
    assert case("64-*").text == "Applicant Martha Quandt Amount 1,480.75 Austria"
    assert case("65-*").text == "Total 1,234.56"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>$19<sup>99</sup>", "$19.99"),
        ("<p>€ 1.299<sup>00</sup> each", "€ 1.299,00 each"),
        ("<p>19<sup>99</sup> €", "19.99 €"),
        ("<p>19,<sup>99</sup> €", "19,99 €"),
        ("<p>EUR 48<sup>12</sup> net", "EUR 48 ¹² net"),
        ("<p>EUR 1,250.00<sup><a href=#n>1</a></sup>", "EUR 1,250.00 ¹"),
        ("<p>EUR 75<span style='vertical-align:super'>2</span> due", "EUR 75 ² due"),
        ("<p>5 m<sup>2</sup> and CO<sub>2</sub>", "5 m² and CO₂"),
        ("<p>1<sup>st</sup> of May", "1st of May"),
        ("<p>48<sup>1 </sup>each, 5<sup>a)</sup> net", "48 ¹ each, 5 a) net"),
        ("<p><sup>$</sup>19<sup>.99</sup>", "$19.99"),
    ],
)
def test_raised_text_never_joins_a_number(html: str, text: str) -> None:
    assert page(html)[0] == text


def test_raised_digits_that_may_be_cents_are_named() -> None:
    assert page("<p>EUR 48<sup>12</sup>, 48<sup>12</sup> CHF, EUR 48<sup>1</sup>, EUR 48.50<sup>12</sup>")[1] == [
        "raised-digits"
    ]
    assert page("<p>EUR 48<sup>1</sup>, EUR 48.50<sup>12</sup>")[1] == []


HIDING = [
    "display:none", "visibility:hidden", "font-size:0", "opacity:0", "color:#fff", "color:white;background:#ffffff",
    "position:absolute;left:-9999px", "text-indent:-9999px", "mso-hide:all", "height:0;overflow:hidden",
    "max-height:0px;overflow:hidden", "position:absolute;clip:rect(0,0,0,0)", "color:transparent",
    "clip-path:inset(50%)", "font-size:1px;color:#fefefe", "color:black;background-color:black",
]  # fmt: skip


@given(st.sampled_from(HIDING), st.booleans(), st.integers(100, 99_999), st.sampled_from(["p", "span", "div", "td"]))
@settings(max_examples=80, deadline=None)
def test_what_a_style_hides_is_left_out_and_named(style: str, by_class: bool, amount: int, tag: str) -> None:
    look = "class='x y'" if by_class else f"style='{style}'"
    inner = f"<{tag} {look}>EUR {amount}.25</{tag}>"
    inner = f"<table><tr>{inner}<td>and</td></tr></table>" if tag == "td" else inner
    html = f"<style>.x {{{style}}}</style><p>Total EUR 100.00</p>{inner}<p>end</p>"
    text, unread = page(html)
    assert f"{amount}.25" not in text
    assert "Total EUR 100.00" in text
    assert unread == ["hidden-text"]
    assert f"EUR {amount}.25" in page(html, hidden=True)[0]


def test_white_text_on_a_dark_ground_is_seen_and_so_is_what_is_shown_again() -> None:
    html = (
        "<div style='background:#003366'><p style='color:#fff'>Total EUR 5.00</p></div>"
        "<div style='visibility:hidden'><b style='visibility:visible'>due</b></div>"
        "<table><tr><td bgcolor=#000000><font color=white>IBAN</font></td><td>DE89</td></tr></table>"
        "<style>@media print { .screen { display: none } } .a { display: none } #b.a { display: block }</style>"
        "<p class=screen>on screen</p><p class=a id=b>again</p>"
    )
    assert page(html) == ("Total EUR 5.00\ndue\nIBAN   DE89\non screen\nagain", [])


def test_a_blank_cell_and_a_merged_one_show_which_column_a_value_is_in() -> None:
    html = (
        "<table><tr><th rowspan=2>Item<th colspan=2>2024<th>2023<tr><th>Q1<th>Q2<th>all"
        "<tr><td>Fee<td><td>5<td>9<tr><td>Rent<td>7</table>"
    )
    assert page(html)[0] == "Item   2024   ·   2023\n·   Q1   Q2   all\nFee   ·   5   9\nRent   7"


def test_cells_inside_elements_that_do_not_belong_there_are_read() -> None:
    html = (
        "<table>loose<tr><center><td>Fee</td><td>5</td></center></tr><tr><form><td>Tax<td>1</form></tr>"
        "<tbody style='display:none'><tr><td>EUR 9</tbody><tr>beside<td>7</table>"
    )
    text, unread = page(html)
    assert text == "loose\nFee   5\nTax   1\nbeside   7"
    assert unread == ["hidden-text"]


def test_numbers_on_lines_of_their_own_in_a_cell_stay_apart() -> None:
    html = "<table><tr><td>Net<br>Tax<td>250<br>300<tr><td>Sum<td>550</table>"
    assert page(html)[0] == "Net Tax   250 | 300\nSum   550"


def test_items_have_their_numbers() -> None:
    assert page("<ol start=7><li>Price<li>Term<ol type=a><li>x<li value=4>y</ol></ol>")[0] == (
        "7. Price\n8. Term\na. x\nd. y"
    )
    assert page("<ol><li><p>one</p><p>more</p><li>two<br>lines</ol>")[0] == "1. one\nmore\n2. two\nlines"
    assert page("<ol reversed><li>a<li>b</ol><ul><li>c</ul>")[0] == "2. a\n1. b\n- c"


def test_fields_of_a_form_show_their_values() -> None:
    html = (
        "<p>Name <input value=Quandt> <input type=hidden value=secret><input type=checkbox checked> paid"
        "<input type=radio> unpaid <select><option>A<option>B</select><textarea>two\nlines</textarea>"
    )
    assert page(html)[0] == "Name Quandt ☒ paid ☐ unpaid A\ntwo\nlines"


def test_words_that_styles_part_stay_apart() -> None:
    assert page("<span>Total</span><span>1,234.56</span>")[0] == "Total 1,234.56"
    assert page("<style>.c{display:grid}</style><div class=c><b>5</b><b>000</b></div>")[0] == "5   000"
    assert page("<span>1,</span><span>234.56</span>")[0] == "1,234.56"
    assert page("<dl><dt>Sum<dd>5</dl><details><summary>More<p>7</details>")[0] == "Sum\n5\nMore\n7"


def test_what_is_not_shown_or_not_in_the_page_is_named() -> None:
    html = "<p>Fee 5<template><p>EUR 9</template><noscript>EUR 8</noscript><iframe src=x.html></iframe>"
    assert page(html) == ("Fee 5", ["hidden-text", "embedded-files"])


def test_control_characters_between_the_rows_of_a_table_do_no_harm() -> None:
    assert page("<table>odd &#1; words &#xFFFE;<tr><td>a</td><td>b</td></tr></table>")[0].endswith("a   b")


@pytest.mark.parametrize(
    "html",
    [
        "<p>EUR 95&nbsp;&nbsp;&nbsp;&nbsp;760.00</p>",
        '<div style="display:flex"><span>EUR 95</span><span>760.00</span></div>',
        '<p><span style="float:left">EUR 95</span><span style="float:right">760.00</span></p>',
        '<p style="position:relative">EUR 95<span style="position:absolute;left:300px">760.00</span></p>',
        '<div style="display:table-row"><span style="display:table-cell">EUR 95</span>'
        '<span style="display:table-cell">760.00</span></div>',
        "<pre>EUR 95  760.00</pre>",
    ],
)
def test_two_numbers_in_two_columns_are_two(html: str) -> None:
    assert page(html)[0] == "EUR 95   760.00"


def test_the_values_of_two_fields_are_two() -> None:
    assert page("<input value=95><input value=760.00>")[0] == "95   760.00"


def test_lines_that_styles_keep_are_lines() -> None:
    assert (
        page('<div style="white-space:pre-wrap">Rate EUR 95\n760.00 are due</div>')[0] == "Rate EUR 95\n760.00 are due"
    )


def test_the_marks_of_lists_are_those_that_styles_draw() -> None:
    assert page('<ol style="list-style:none"><li>March 2024<li>May 2024</ol>')[0] == "March 2024\nMay 2024"
    assert page("<style>ol{list-style-type:lower-alpha}</style><ol><li>Rent<li>Fee</ol>")[0] == "a. Rent\nb. Fee"
    assert page('<ol><li style="display:none">Old<li>Rent</ol>') == ("1. Rent", ["hidden-text"])
    assert page('<ul style="list-style-type:disc"><li>Rent</ul>')[0] == "- Rent"


def test_what_is_struck_through_is_left_out_and_named() -> None:
    html = (
        '<p>Notice <del>30</del><ins>60</ins> days, <s>$5</s> <span style="text-decoration: line-through">$4</span> $3'
    )
    assert page(html) == ("Notice 60 days, $3", ["struck-text"])
    assert "$5" in page(html, hidden=True)[0]


def test_text_that_styles_draw_is_read_and_what_they_count_is_named() -> None:
    styles = "<style>.n::before{content:'-'}.k::after{content:'k'}</style>"
    html = f"{styles}<p>EUR <b class=n>1,250.00</b>, USD <b class=k>50</b>"
    assert page(html) == ("EUR -1,250.00, USD 50k", [])
    assert page('<style>p::before{content:attr(data-no) ". "}</style><p data-no=4>Scope')[0] == "4. Scope"
    assert page("<style>h2::before{content:'§ ' counter(c)}</style><h2>Scope</h2>") == (
        "## § Scope",
        ["generated-text"],
    )
    assert page("<style>.f::after{content:'.';visibility:hidden}</style><p class=f>Scope")[0] == "Scope"


@pytest.mark.parametrize(
    ("style", "body", "text"),
    [
        (".s::before{content:'1';display:inline-block;margin-right:1em}", "<p class=s>2 days", "1   2 days"),
        (".s::after{content:'2024';display:block}", "<p class=s>Revenue 100", "Revenue 100\n2024"),
        (".s::before{content:'999 ';color:#fff}", "<p class=s>100", "100"),
        (".s::after{content:'.';font-size:0}", "<p class=s>Text", "Text"),
    ],
)
def test_what_styles_draw_stays_apart_as_they_say(style: str, body: str, text: str) -> None:
    assert page(f"<style>{style}</style>{body}")[0] == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<style>ul{list-style:none}</style><ul><li>A<ol><li>b</ol></ul>", "A\n1. b"),
        ('<div style="list-style:none"><ol><li>x</ol></div>', "1. x"),
        ('<ol style="list-style-type:lower-alpha"><li>One<ol><li>x<li>y</ol></ol>', "a. One\n1. x\n2. y"),
        ('<ol style="list-style-type:upper-roman"><li>One<ol type=a><li>x</ol></ol>', "I. One\na. x"),
        ("<style>ol{list-style-type:decimal}</style><ol><li>One<ul><li>x</ul></ol>", "1. One\n- x"),
        ("<style>li{display:flex}</style><ol><li>Home</ol>", "Home"),
    ],
)
def test_every_list_has_its_own_marks(html: str, text: str) -> None:
    assert page(html)[0] == text


def test_what_styles_do_not_strike_is_in_force() -> None:
    assert page("<style>s{text-decoration:none}</style><s>100</s>") == ("100", [])
    html = '<p style="text-decoration:line-through">old <b style="display:inline-block">new 5</b>'
    assert page(html) == ("new 5", ["struck-text"])
