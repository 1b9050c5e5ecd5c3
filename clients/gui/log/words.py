"""What a log says by itself, in the language that is spoken. Must not know when it is said, or what else is in the log."""

from clients.gui.log.styles import UNREAD
from clients.gui.model.paragraphs import Paragraph, notice, own_direction, rule
from clients.wording import say


def unread() -> Paragraph:
    """The rule where reading stopped."""
    words = say("new")
    return rule([(UNREAD, f"──── {words} ────")], own_direction())


def no_browser() -> Paragraph:
    """An address could not be opened."""
    sentence = say("No browser could be started. Copy the link instead: it is in the menu of the right mouse button.")
    return notice([("class:problem", f"! {sentence}")], own_direction())
