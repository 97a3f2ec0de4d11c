"""What the columns of a network and their units are called: inputs, hidden layers, outputs."""

from dataclasses import dataclass

from playground.datasets.sources import Source


@dataclass(frozen=True)
class Names:
    """Column 0 holds the inputs, column i layer i; the units of a column count from 1."""

    source: Source
    n_layers: int

    def column(self, index: int) -> str:
        """ "Input", "Hidden 1", … "Output"."""
        if index == 0:
            return "Input"
        return "Output" if index == self.n_layers else f"Hidden {index}"

    def unit(self, column: int, index: int) -> str:
        """A feature, a pixel, "unit 7", or what an output stands for."""
        if column == 0:
            return self._input(index)
        if column < self.n_layers:
            return f"unit {index + 1}"
        classes = self.source.classes
        if not classes:
            return "output"
        return classes[index] if self.source.n_outputs > 1 else classes[1]

    def whole(self, column: int, index: int) -> str:
        """The unit and where it stands: "unit 7 of hidden 1"."""
        if column == self.n_layers and not self.source.classes:
            return "the output"
        if column in (0, self.n_layers):
            return f"{'input' if column == 0 else 'output'} {self.unit(column, index)}"
        return f"unit {index + 1} of {self.column(column).lower()}"

    def _input(self, index: int) -> str:
        if not self.source.shape:
            return self.source.features[index]
        row, column = divmod(index, self.source.shape[1])
        return f"pixel ({row + 1}, {column + 1})"
