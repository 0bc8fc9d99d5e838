"""What tells who somebody is does not leave for a model: tokens stand in its place, and are put back in what it answers.

Pure: plain data in, plain data out.
"""

from apps.llm.masking.kinds import Kind, Known, Level
from apps.llm.masking.run import Masked, mask
from apps.llm.masking.tokens import Restored, Restorer, Table

__all__ = ["Kind", "Known", "Level", "Masked", "Restored", "Restorer", "Table", "mask"]
