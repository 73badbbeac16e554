"""What Bitbucket returns: one file a family of nouns, each class the fields of one object.

How a class wakes up does not live here (that is model). Field names are the wire's; everything
may be absent or null there, so everything may be None here.
"""

from . import (
    account,
    accountkey,
    branching,
    codesearch,
    comment,
    commit,
    content,
    deploykey,
    deployment,
    diffstat,
    download,
    group,
    issue,
    pipeline,
    pipeline_config,
    pipeline_runner,
    pipeline_step,
    pipeline_variable,
    project,
    pullrequest,
    ref,
    report,
    repository,
    snippet,
    source,
    status,
    version1,
    webhook,
    workspace,
)
from .account import *
from .accountkey import *
from .branching import *
from .codesearch import *
from .comment import *
from .commit import *
from .content import *
from .deploykey import *
from .deployment import *
from .diffstat import *
from .download import *
from .group import *
from .issue import *
from .pipeline import *
from .pipeline_config import *
from .pipeline_runner import *
from .pipeline_step import *
from .pipeline_variable import *
from .project import *
from .pullrequest import *
from .ref import *
from .report import *
from .repository import *
from .snippet import *
from .source import *
from .status import *
from .version1 import *
from .webhook import *
from .workspace import *

__all__: list[str] = []
__all__ += account.__all__
__all__ += accountkey.__all__
__all__ += branching.__all__
__all__ += codesearch.__all__
__all__ += comment.__all__
__all__ += commit.__all__
__all__ += content.__all__
__all__ += deploykey.__all__
__all__ += deployment.__all__
__all__ += diffstat.__all__
__all__ += download.__all__
__all__ += group.__all__
__all__ += issue.__all__
__all__ += pipeline.__all__
__all__ += pipeline_config.__all__
__all__ += pipeline_runner.__all__
__all__ += pipeline_step.__all__
__all__ += pipeline_variable.__all__
__all__ += project.__all__
__all__ += pullrequest.__all__
__all__ += ref.__all__
__all__ += report.__all__
__all__ += repository.__all__
__all__ += snippet.__all__
__all__ += source.__all__
__all__ += status.__all__
__all__ += version1.__all__
__all__ += webhook.__all__
__all__ += workspace.__all__
