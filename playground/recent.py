"""Answers to costly questions, kept as long as they are among the last ones asked for."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from hashlib import blake2b
from typing import Any, Generic, TypeVar

import numpy as np

from playground.snapshot import Snapshot

Answer = TypeVar("Answer")


def fingerprint(snapshot: Snapshot) -> str:
    """The same for equal weights, biases and activations only: a name for what was computed."""
    content = blake2b(digest_size=16)
    for layer in snapshot.layers:
        content.update(repr((layer.activation, *sorted(layer.parameters.items()))).encode())
        for array in (layer.kernel, layer.bias):
            content.update(repr(array.shape).encode())
            content.update(np.ascontiguousarray(array).data)
    return content.hexdigest()


class Recent(Generic[Answer]):
    """The `most` answers used last, by their questions; may be asked from any thread."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._answers: OrderedDict[Hashable, Answer] = OrderedDict()

    def __len__(self) -> int:
        return len(self._answers)

    def get(self, question: Hashable) -> Answer | None:
        """The answer, if it is still there."""
        with self._lock:
            if question in self._answers:
                self._answers.move_to_end(question)
            return self._answers.get(question)

    def put(self, question: Hashable, answer: Answer) -> None:
        """Keep an answer; the one longest unused goes where there are too many."""
        with self._lock:
            self._answers[question] = answer
            self._answers.move_to_end(question)
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)

    def ask(self, question: Hashable, find: Callable[..., Answer], *args: Any) -> Answer:
        """The answer kept, or what `find(*args)` returns now. Two who ask at once both compute."""
        answer = self.get(question)
        if answer is None:
            answer = find(*args)
            self.put(question, answer)
        return answer

    def remove(self, question: Hashable) -> None:
        """Forget an answer."""
        with self._lock:
            self._answers.pop(question, None)
