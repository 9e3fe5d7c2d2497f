"""Keys in the order of the hands: each waits for what the one before it opened, and a flood of them is dropped."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from textual import events
from textual.app import App
from textual.screen import Screen
from textual.worker import Worker

STUCK_SECONDS = 1.0  # a key that is not done by then no longer holds up the next
SETTLE_STEP = 0.004
MOST_STEPS = 25  # so often a key looks whether what the one before asked of the record is there
MOST_KEYS = 1000  # more that wait at once are a flood: a paste that arrives as keys
FLOOD_SECONDS = 1.0  # a flood ends with so much silence: a slow line sends one in pieces, and no rest of it is a key


class TypedAhead(App[None], inherit_bindings=False):
    """An app whose keys queue. It says which keys are its own, and what to do when some were dropped."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        self._typed: deque[events.Key | events.Paste] = deque()  # they wait for the one that is under way
        self._under_way = False
        self._key_number = 0
        self._key_began, self._steps = 0.0, 0
        self._top: Screen[Any] | None = None  # when the key came
        self._behind_esc: events.Key | None = None  # a letter or sign that came with an esc before it in one piece
        self._keys = 0  # that have come
        self._flooded, self._is_flood = float("-inf"), False
        self._begun: dict[Worker[Any], Screen[Any] | None] = {}  # since the last key; with the question it has put

    def is_ours(self, event: events.Key, top: Screen[Any] | None) -> bool:
        """Whether the app takes this key itself, before the screen on top sees it."""
        return False

    def dropped(self) -> None:
        """Keys were dropped: say so."""

    async def on_event(self, event: events.Event) -> None:
        """One key after the other; all else is Textual's.

        Textual sends a key to whoever has the focus when it arrives. Of keys that come in one rush, as hands that
        know the way or a slow line send them, each belongs to what the one before it opened: a key waits until that
        stands. A paste waits with them. What is too much for hands is a flood, and all of it is dropped.
        """
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
            return
        if isinstance(event, events.Key):
            self._keys += 1
            if not self.takes_key(event.time, self._keys):
                if not self._under_way:
                    self._drop_flood()
                return
            if event.key.startswith("alt+") and event.character:
                # No key here is a chord: a terminal that has esc and a letter at once sends them as alt and the letter.
                name = event.character if event.character.isalnum() else event.key.removeprefix("alt+")
                self._typed.append(events.Key("escape", "\x1b"))
                self._behind_esc = event = events.Key(name, event.character)
        self._typed.append(event)
        if not self._under_way:
            await self._next_key()

    def _is_lost(self, event: events.Key | events.Paste) -> bool:
        """Whether a letter that came in one piece with an esc would be typed: it was meant for what esc leads to."""
        if event is not self._behind_esc or (at := self.focused) is None:
            return False
        behind = self._behind_esc
        return getattr(at, "takes_letters", False) or at.check_consume_key(behind.key, behind.character)

    def takes_key(self, at: float, sent: int) -> bool:
        """Whether a key at that instant is a person's; the driver asks too, from its thread, having sent so many."""
        if len(self._typed) + sent - self._keys < MOST_KEYS and at - self._flooded > FLOOD_SECONDS:
            return True
        self._flooded, self._is_flood = at, True
        return False

    def _drop_flood(self) -> None:
        """Between two keys: what the last one opened stands, and can say so."""
        if self._is_flood:
            self._is_flood = False
            self._typed.clear()
            self.dropped()

    async def _next_key(self) -> None:
        loop = asyncio.get_running_loop()
        self._under_way = False
        self._drop_flood()
        while self._typed and not self._under_way:
            event, top = self._typed.popleft(), self.screen if self.screen_stack else None
            self._under_way, self._key_number = True, self._key_number + 1
            self._key_began, self._steps, self._top = loop.time(), 0, top
            # A question's answer comes by a later key: who asked it is still waited for then.
            self._begun = {each: put for each, put in self._begun.items() if put and not each.is_finished}
            number = self._key_number
            loop.call_later(STUCK_SECONDS, self.call_later, self._settle, number)
            if self._is_lost(event) or (isinstance(event, events.Key) and self.is_ours(event, top)):
                self.call_later(self._settle, number)
            else:
                target = self.focused or top
                await super().on_event(event)
                self._follow(target, number)

    def _follow(self, node: Any, number: int) -> None:
        """Go the way of the key, from the focused widget up to the app, and take the next one behind it."""
        while node is not None and node is not self and not node.call_later(self._follow, node.parent, number):
            node = node.parent
        if node is None or node is self:
            self.call_later(self._settle, number)

    def _settle(self, number: int) -> None:
        """The key has been dealt with: wait for what it began, but not for a record that is held elsewhere.

        A screen that it opened is waited for until it shows what it was opened for: the next key is meant for that.
        So is one that says so while `keys_wait`, and all that was begun when a flood is to be told of.
        """
        if number != self._key_number or not self._under_way:
            return
        loop = asyncio.get_running_loop()
        is_opened = self.screen is not self._top
        self._steps += 1
        is_told = self._is_flood or getattr(self.screen, "keys_wait", False)
        is_owed = is_opened or is_told or self._steps < MOST_STEPS
        waits = not self._mounted() or (is_owed and self._is_busy())
        if waits and loop.time() - self._key_began < STUCK_SECONDS:
            loop.call_later(SETTLE_STEP, self.call_later, self._settle, number)
        else:
            self.call_later(self.call_later, self._key_done, number)  # a focus that it moved is one step behind it

    async def _key_done(self, number: int) -> None:
        if number == self._key_number and self._under_way:
            await self._next_key()

    def _mounted(self) -> bool:
        return all(screen.is_mounted for screen in self.screen_stack)

    def _is_busy(self) -> bool:
        """Whether what the last key began is still under way: a question of the record, or messages on their way."""
        stack = self.screen_stack
        if any(not each.is_finished and put not in stack for each, put in self._begun.items()):
            return True
        return any(node.message_queue_size for node in self.screen.walk_children(with_self=True))

    def began(self, work: Worker[None]) -> None:
        """A key, or a screen that it opened, began something beside the keys."""
        self._begun[work] = None
