"""What Bitbucket returns: one file a family of nouns, each class the fields of one object.

How a class wakes up does not live here (that is model). Field names are the wire's; everything
may be absent or null there, so everything may be None here.
"""

from . import (
    account,
    comment,
    commit,
    content,
    download,
    group,
    project,
    pullrequest,
    ref,
    repository,
    source,
    webhook,
    workspace,
)
from .account import *
from .comment import *
from .commit import *
from .content import *
from .download import *
from .group import *
from .project import *
from .pullrequest import *
from .ref import *
from .repository import *
from .source import *
from .webhook import *
from .workspace import *

__all__: list[str] = []
__all__ += account.__all__
__all__ += comment.__all__
__all__ += commit.__all__
__all__ += content.__all__
__all__ += download.__all__
__all__ += group.__all__
__all__ += project.__all__
__all__ += pullrequest.__all__
__all__ += ref.__all__
__all__ += repository.__all__
__all__ += source.__all__
__all__ += webhook.__all__
__all__ += workspace.__all__
