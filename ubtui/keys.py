"""The one command registry: what can be done where, and by which key; bindings, footer and help read it."""

# Length: every key of every screen stands in one table, so that no two of them clash unseen.
from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

EVERYWHERE = "*"
SCREENS = (
    "worklist",
    "account",
    "card",
    "meter",
    "adjust",
    "fix",
    "find",
    "run",
    "orders",
    "routes",
    "route",
    "held",
    "approvals",
    "approval",
    "views",
    "board",
    "help",
)
FORMS = frozenset({"adjust", "find", "route"})  # a field has the focus all the time: only named keys and form keys act
LISTS = ("worklist", "account", "meter", "run", "orders", "routes", "held", "approvals", "views", "board")
STEPPED = ("worklist", "account", "card", "meter", "fix", "run")  # where the next item is a key away
ONE_ACCOUNT = ("account", "card")
FIELD_WORK = ("account", "card", "meter", "run", "orders", "held")  # a service point is in view
FOOTER_LIMIT = 6  # more is cut at 80 columns

BANNED = frozenset(
    {
        "ctrl+h",  # arrives as backspace
        "ctrl+i",  # is tab
        "ctrl+m",  # is enter
        "ctrl+j",  # is a newline, which some terminals send for enter or inside a paste
        "ctrl+[",  # is escape
        "ctrl+left_square_bracket",
        "ctrl+space",
        "ctrl+@",
        "ctrl+at",
        "ctrl+b",  # prefix of tmux
        "ctrl+a",  # prefix of screen
        "ctrl+z",  # suspends into the shell
    }
)

_KEY_NAMES = {"escape": "esc", "pageup": "pgup", "pagedown": "pgdn"}


class Command(msgspec.Struct, frozen=True):
    """One thing that can be done: `keys` act outside forms, `form_key` everywhere; "g a" means g, then a."""

    id: str
    keys: tuple[str, ...]
    label: str
    help: str
    where: tuple[str, ...] = (EVERYWHERE,)
    form_key: str | None = None
    show: bool = False

    def on(self, screen: str) -> bool:
        """Whether the command exists on that screen."""
        return EVERYWHERE in self.where or screen in self.where

    def keys_on(self, screen: str) -> tuple[str, ...]:
        """The keys that trigger it there: in a form no key that would be typed; () leaves the palette alone."""
        if not self.on(screen):
            return ()
        keys = tuple(key for key in self.keys if len(key) > 1 and " " not in key) if screen in FORMS else self.keys
        if screen in FORMS:
            keys = tuple(key for key in keys if key != "space")
            return (self.form_key, *keys) if self.form_key else keys
        return (*keys, self.form_key) if self.form_key else keys


COMMANDS: tuple[Command, ...] = (
    # one item of the worklist
    Command("item.open", ("enter",), "fix", "open the item with its evidence and its fix", ("worklist",), show=True),
    Command("item.claim", ("c",), "claim", "claim the item for 30 minutes", ("worklist",), show=True),
    Command("item.wait", ("w",), "wait", "put the item away until a date", ("worklist",), show=True),
    Command(
        "list.mark", ("space",), "mark", "mark the row, or take the mark off", ("worklist", "held", "run"), show=True
    ),
    Command(
        "list.filter",
        ("/",),
        "filter",
        "show only what matches: code:R04 cycle:B2 >90",
        ("worklist", "run", "orders", "routes", "held"),
        show=True,
    ),
    Command("item.release", ("C",), "release", "give a claimed item back", ("worklist",)),
    Command("item.forward", ("F",), "forward", "hand the item to another person or role", ("worklist",)),
    Command("item.dismiss", ("d",), "dismiss", "dismiss the item with a reason and an end", ("worklist",)),
    Command("item.note", ("n",), "note", "write a note on the item", ("worklist",)),
    Command("item.add", ("+",), "add", "add an item of your own", ("worklist",)),
    Command("item.answer", ("A",), "answer", "answer the question that came with the item", ("worklist",)),
    Command("item.take", ("N",), "next", "take the most urgent item that waits for you, and open it", ("worklist",)),
    Command("item.repeat", (".",), "repeat", "do the last thing again, to what is marked", ("worklist",)),
    Command("item.kind", ("X",), "kind", "the rule of this kind, and what other limits would raise", ("worklist",)),
    Command("handover.leave", ("H",), "handover", "leave a note for the next person", ("worklist",)),
    Command("backup.set", ("B",), "stand-in", "let a colleague stand in for you", ("worklist",)),
    Command("item.next", ("]",), "next", "go to the next item", STEPPED, "f7"),
    Command("item.previous", ("[",), "previous", "go to the item before", STEPPED),
    Command(
        "item.account",
        ("o",),
        "account",
        "open the account of the row",
        ("worklist", "fix", "run", "orders", "held", "adjust", "approvals", "approval"),
    ),
    Command("item.adjust", ("a",), "adjust", "adjust this item's account", ("worklist",)),
    Command("item.meter", ("m",), "meter", "show the history of the row's meter", ("worklist", "fix", "held")),
    Command("worklist.refresh", ("R",), "run", "run the nightly look for trouble now", ("worklist",)),
    # the account
    Command("account.adjust", ("a",), "adjust", "propose an adjustment of this account", ONE_ACCOUNT, show=True),
    Command("contact.note", ("n",), "contact", "write down a contact and its promise", ONE_ACCOUNT, show=True),
    Command("payment.take", ("p",), "pay", "take a payment at the counter", ONE_ACCOUNT),
    Command("account.change", ("E",), "change", "address, autopay, e-bill, escrow, owner, time, plan", ONE_ACCOUNT),
    Command(
        "ledger.undo",
        ("u",),
        "undo",
        "take the journal of the row back: a reversing entry, proposed and approved",
        ("account",),
    ),
    Command("account.open", ("enter", "o"), "account", "open the whole account", ("card",), show=True),
    Command("account.meter", ("m",), "meter", "show the history of its meter", ONE_ACCOUNT, show=True),
    Command("order.create", ("O",), "order", "send the crew out", FIELD_WORK),
    Command("order.result", ("I",), "result", "bring the result of an order in", FIELD_WORK),
    Command("field.act", ("M",), "field", "seal, unseal, exchange: what is done at the meter", FIELD_WORK),
    Command("tab.next", ("tab",), "tabs", "show the next part", ("account", "meter"), show=True),
    Command("tab.previous", ("shift+tab",), "back", "show the part before", ("account", "meter")),
    # forms; what is typed is kept as it is typed, so there is no key to save
    Command("adjust.submit", (), "submit", "send the adjustment for approval", ("adjust",), "f5", True),
    Command("adjust.attach", (), "attach", "attach a document", ("adjust",), "f6", True),
    Command("adjust.withdraw", (), "withdraw", "withdraw the proposal", ("adjust",), "f8", True),
    Command("adjust.revise", (), "revise", "open a rejected proposal again as a new one", ("adjust",), "f9"),
    Command("run.open", ("enter",), "open", "open the row: its account or meter", ("run", "orders"), show=True),
    Command("route.open", ("enter",), "type", "type the reads of the route in", ("routes",), show=True),
    Command("route.estimate", ("t",), "estimate", "estimate what the row's route lacks", ("routes",), show=True),
    Command("cycle.estimate", ("T",), "all", "estimate what the cycle of the row's route lacks", ("routes",)),
    Command("route.held", ("h",), "held", "go to the held reads of the row's route", ("routes",), show=True),
    Command(
        "route.enter", ("enter",), "show/keep", "show what a read would be; once more, keep it", ("route",), show=True
    ),
    Command("route.meter", (), "meter", "the history of the meter under the cursor", ("route",), "f6", True),
    Command("held.open", ("enter",), "fix", "open the item behind the held read with its fix", ("held",), show=True),
    Command(
        "held.release", ("l",), "release", "release what is marked, or the row, with a reason", ("held",), show=True
    ),
    Command("held.correct", ("c",), "correct", "write the right value of the row", ("held",)),
    Command("held.estimate", ("t",), "estimate", "estimate what is marked, or the row, in the read's place", ("held",)),
    Command("held.reread", ("a",), "again", "send the crew to read what is marked, or the row, again", ("held",)),
    Command("held.defer", ("w",), "wait", "put what is marked, or the row, away until a day", ("held",)),
    Command("round.holds", ("h",), "holds", "the seals marked, or the row's, were found as recorded", ("run",)),
    Command("round.differs", ("b",), "broken", "they were found broken, gone, or with another number", ("run",)),
    Command("run.fix", (), "fix", "what can be done about the whole list", ("run",), "f5", True),
    Command("find.open", ("enter",), "open", "open what the cursor stands on", ("find",), show=True),
    Command("fix.apply", (), "apply", "do it; 1-9 take another offer, enter fills it in", ("fix",), "f5", True),
    # views and the board
    Command("view.use", ("enter",), "show", "show the worklist so", ("views",), show=True),
    Command("view.keep", ("n",), "keep", "keep what the worklist shows under a name", ("views",), show=True),
    Command("view.drop", ("d",), "drop", "forget the view", ("views",), show=True),
    Command("board.open", ("enter",), "list", "show the worklist of the row", ("board",), show=True),
    Command("board.turn", ("p",), "people", "turn from kinds to people, and back", ("board",), show=True),
    # approvals
    Command("approvals.open", ("enter",), "open", "open the proposal", ("approvals",), show=True),
    Command(
        "approval.approve",
        ("a",),
        "approve",
        "approve, which posts; the amount is typed again",
        ("approvals", "approval"),
        "f5",
        True,
    ),
    Command("approval.reject", ("d",), "reject", "reject with a reason", ("approvals", "approval"), "f8", True),
    # lists
    Command(
        "list.explain",
        ("x",),
        "explain",
        "show how the value or the priority came about",
        (*LISTS, "card", "adjust", "fix", "approval"),
        "f4",
    ),
    Command("list.sort", ("s",), "sort", "sort by the next column", LISTS),
    Command("list.reverse", ("S",), "reverse", "turn the order round", LISTS),
    Command("list.export", ("e",), "export", "write what is shown to a file", LISTS),
    Command("list.refresh", ("r",), "refresh", "read the list again, with what changed elsewhere", LISTS),
    Command("list.cell", ("v",), "view", "show the whole row, nothing cut", LISTS),
    Command("list.copy", ("y",), "copy", "copy the row", LISTS),
    Command("list.down", ("j", "down"), "down", "one row down; half a page at the edge", LISTS),
    Command("list.up", ("k", "up"), "up", "one row up; half a page at the edge", LISTS),
    Command("list.page_down", ("pagedown",), "page", "one page down", LISTS),
    Command("list.page_up", ("pageup",), "page", "one page up", LISTS),
    Command("list.first", ("home",), "first", "the first row", LISTS),
    Command("list.last", ("end",), "last", "the last row", LISTS),
    # everywhere
    Command("phone.card", ("f2",), "phone", "the phone card of the account in view; a form stays as it is"),
    Command(
        "policy.show",
        ("P",),
        "policy",
        "the policy behind what is shown: limits, article, approval, law",
        form_key="f1",
    ),
    Command("go.worklist", ("g w",), "worklist", "go to the worklist"),
    Command("go.approvals", ("g a",), "approvals", "go to the approvals"),
    Command("go.orders", ("g o",), "orders", "go to the field orders"),
    Command("go.routes", ("g r",), "routes", "go to the routes, to type reads in"),
    Command("go.held", ("g e",), "held", "go to the held reads, to decide them"),
    Command("go.drawer", ("g c",), "drawer", "count your drawer of today and close it, then make the deposit"),
    Command("go.views", ("g v", "V"), "views", "go to the saved views"),
    Command("go.board", ("g b",), "board", "go to the supervisor's board"),
    Command("handover.read", ("g h",), "handover", "read the note that the person before left"),
    Command("go.draft", ("g d",), "form", "open the newest form that was kept unfinished"),
    Command("go.find", ("f", "g f"), "find", "find a name, address, number, amount, phone", form_key="f3"),
    Command("go.jump", ("'",), "jump", "a letter over every part and row in view: it goes there", form_key="ctrl+o"),
    Command("app.palette", (":", "ctrl+p"), "do", "do anything that can be done here, by its name"),
    Command("list.clear", ("escape",), "clear", "take the filter off, then the marks", ("worklist",)),
    Command("app.back", ("escape",), "back", "go back to where you were", SCREENS[1:], show=True),
    Command("app.help", ("?",), "help", "show the keys of this screen", form_key="f10", show=True),
    Command("app.quit", ("q",), "quit", "leave; nothing typed is lost"),
)


# The act or view of the permissions that a command needs: who lacks it is told so, and is not offered its key below.
ACTS = {
    "account.adjust": "adjust.propose",
    "account.meter": "meter.show",
    "adjust.attach": "document.attach",
    "adjust.revise": "adjust.revise",
    "adjust.submit": "adjust.submit",
    "adjust.withdraw": "adjust.withdraw",
    "approval.approve": "adjust.approve",
    "approval.reject": "adjust.reject",
    "item.account": "account.show",
    "item.add": "worklist.add",
    "item.adjust": "adjust.propose",
    "item.claim": "worklist.claim",
    "item.dismiss": "worklist.dismiss",
    "item.forward": "worklist.forward",
    "item.meter": "meter.show",
    "item.note": "worklist.note",
    "ledger.undo": "ledger.reverse",
    "order.create": "order.create",
    "order.result": "order.result",
    "round.differs": "seal.round",
    "round.holds": "seal.round",
    "item.release": "worklist.release",
    "item.wait": "worklist.wait",
    "backup.set": "backup.set",
    "contact.note": "contact.note",
    "payment.take": "payment.take",
    "go.board": "worklist.board",
    "go.drawer": "deposit.make",
    "cycle.estimate": "read.estimate",
    "held.correct": "read.review",
    "held.defer": "read.decide",
    "held.estimate": "read.decide",
    "held.release": "read.decide",
    "held.reread": "read.decide",
    "handover.leave": "worklist.handover",
    "item.answer": "worklist.answer",
    "item.take": "worklist.next",
    "list.export": "worklist.export",
    "route.estimate": "read.estimate",
    "worklist.refresh": "worklist.refresh",
}
# On a list these act on the row under the cursor, or on what is shown: without a row they say so.
ON_ROWS = frozenset(
    {
        *("approval.approve", "approval.reject", "approvals.open", "item.account", "item.adjust", "item.claim"),
        *("item.dismiss", "item.forward", "item.meter", "item.note", "item.open", "item.release", "item.wait"),
        *("item.answer", "item.kind", "view.use", "view.drop", "run.open", "board.open"),
        *("round.holds", "round.differs"),
        *("route.estimate", "cycle.estimate", "route.held"),
        *("held.open", "held.release", "held.correct", "held.estimate", "held.reread", "held.defer"),
        *("list.cell", "list.copy", "list.export", "list.mark", "list.reverse", "list.sort", "run.open"),
    }
)


def for_screen(name: str, commands: Sequence[Command] = COMMANDS) -> tuple[Command, ...]:
    """The commands of one screen in the registry's order; `commands` where a person has keys of his own.

    Raises KeyError for a screen that is not registered.
    """
    if name not in SCREENS:
        raise KeyError(name)
    return tuple(command for command in commands if command.on(name))


def command(id: str, commands: Sequence[Command] = COMMANDS) -> Command:
    """One command by its id; raises KeyError."""
    for each in commands:
        if each.id == id:
            return each
    raise KeyError(id)


def sequences(prefix: str = "g", commands: Sequence[Command] = COMMANDS) -> dict[str, Command]:
    """What a letter means after the prefix key: {"w": go to the worklist, …}."""
    found = {}
    for each in commands:
        for key in each.keys:
            first, space, second = key.partition(" ")
            if space and first == prefix:
                found[second] = each
    return found


def shown(key: str) -> str:
    """A key as a person reads it: "esc", "F5", "g w"."""
    if len(key) > 1 and key[0] == "f" and key[1:].isdigit():
        return key.upper()
    return _KEY_NAMES.get(key, key)


def hints(screen: str, commands: Sequence[Command] = COMMANDS) -> tuple[tuple[str, str], ...]:
    """(key, label) of the footer of a screen, in the registry's order, with the key that acts there."""
    found = []
    for each in for_screen(screen, commands):
        keys = each.keys_on(screen)
        if each.show and keys:
            found.append((shown(keys[0]), each.label))
    return tuple(found)


def banned(key: str) -> bool:
    """Whether a key does not reach every terminal, or means another there."""
    return key in BANNED or "alt+" in key or ("ctrl+" in key and "shift+" in key)


def validate(commands: Iterable[Command] = COMMANDS) -> list[str]:
    """Every fault of the registry as a sentence: banned keys, two commands on one key, unknown screens, long labels."""
    commands = tuple(commands)
    faults: list[str] = []
    ids: set[str] = set()
    for each in commands:
        if each.id in ids:
            faults.append(f"{each.id} is registered twice.")
        ids.add(each.id)
        if len(each.label.split()) != 1:
            faults.append(f"{each.id}: the label {each.label!r} is not one word.")
        unknown = [name for name in each.where if name not in (EVERYWHERE, *SCREENS)]
        faults.extend(f"{each.id}: no screen is named {name}." for name in unknown)
        for key in (*each.keys, each.form_key or ""):
            faults.extend(
                f"{each.id}: {part} does not reach every terminal." for part in key.split(" ") if banned(part)
            )
    for screen in SCREENS:
        taken: dict[str, str] = {}
        prefixes: dict[str, str] = {}
        footer = 0
        for each in commands:
            keys = each.keys_on(screen)
            footer += bool(each.show and keys)
            for key in keys:
                if key in taken:
                    faults.append(f"{screen}: {shown(key)} means {taken[key]} and {each.id}.")
                taken[key] = each.id
                if " " in key:
                    prefixes[key.split(" ")[0]] = each.id
        clashes = prefixes.keys() & taken.keys()
        faults.extend(f"{screen}: {shown(key)} means {taken[key]} and begins {prefixes[key]}." for key in clashes)
        if footer > FOOTER_LIMIT:
            faults.append(f"{screen}: {footer} keys in the footer, {FOOTER_LIMIT} fit.")
    return faults


OWN_KEYS = """\
## Keys of your own

`keys.toml` in `~/.config/ubtui` (or `$XDG_CONFIG_HOME/ubtui`) gives a command other keys, by the name in the last
column; one in the district's folder does so for everybody there, and your own goes before it.

```toml
"item.claim" = "t"                  # one key
"list.down" = ["down", "j", "n"]    # several
"go.approvals" = "g p"              # g, then a letter
"adjust.submit" = "f9"              # in a form letters type: give an F-key
"item.add" = []                     # none: the palette still has it
```

Keys are one sign, `space`, `enter`, `esc`, `tab`, `shift+tab`, `up`, `down`, `left`, `right`, `home`, `end`, `pgup`,
`pgdn`, `insert`, `delete`, `backspace`, `f1` to `f10`, and `ctrl+` with a letter. Letters leave the command's F-key as
it is. Never `ctrl+h`, `ctrl+i`, `ctrl+m`, `ctrl+j`, `ctrl+[`, `alt+` or `ctrl+shift+`: not every terminal sends them
as themselves. A file with a fault changes nothing: each fault is told when the desk opens and by `ubtui doctor`.
`ubtui keys` prints the keys as they are now, and the footer, the palette and `?` show them."""


def as_markdown() -> str:
    """The keys of every screen as the page docs/keys.md."""
    lines = ["# Keys", ""]
    lines += ["In a form letters type and the F-keys act. Every command is also in the palette (`:`, ctrl+p).", ""]
    lines += [*OWN_KEYS.splitlines(), ""]
    common = [each for each in COMMANDS if EVERYWHERE in each.where]
    for title, screen in [("Everywhere", None), *((name.capitalize(), name) for name in SCREENS)]:
        rows = common if screen is None else [each for each in for_screen(screen) if each not in common]
        if not rows:
            continue
        lines += [f"## {title}", "", "| Key | Command | What it does | Name |", "| --- | --- | --- | --- |"]
        for each in rows:
            keys = each.keys_on(screen) if screen else (*each.keys, *((each.form_key,) if each.form_key else ()))
            names = " ".join(f"`{shown(key)}`" for key in keys) or "palette"
            lines.append(f"| {names} | {each.label} | {each.help} | `{each.id}` |")
        lines.append("")
    return "\n".join(lines)
