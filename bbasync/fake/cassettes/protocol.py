"""Words that the service itself uses, and that give nobody away by themselves."""

_WORDS = """
access account accounts active activity added admin administrator administrators all allow and
any api app application approve approved archive assignee at attributes author avatar avatars
bitbucket blob body branch branches bug build builds by cache caches changes clone closed code
collaborator com comment comments commit commits committer completed config content contents
count create created credential credentials critical data date day days declined default delete
deleted deny deploy deploykey deployment deployments description dev develop developer developers
diff diffstat directory disabled docs down download downloads edit email emails enabled
environment environments error errors event events expired failed failure false fast feature
fields file files filter fix for fork forks forward from fulfilled full git group groups halted
hash head hook hooks hour hours html http https id image in inactive info inline inprogress input
insert invitations is issue issues item items json key keys kind label language latest left line
lines link links list main manual mark markdown master max may member members merge merged
message metadata milestone min minor mode modified move name new next nickname no none null
number of old on open org out owner owners page pagelen pages parent parents participant
participants password passwords patch path paused pending permission permissions pipeline
pipelines plain previous price private privilege privileges production project projects public
pull pullrequest pullrequests pulls push query raw read reason ref refs release removed rename
renamed render rendered repo report reports repositories repository repository_access_token
request resolved restriction restrictions result results reviewer reviewers right rights role
roles root rule runner runners running schedule schedules scm scope scopes script search secret
secrets secured self send service signature site size slug snippet snippets sort source squash
src ssh stage staging started state status statuses step steps stopped strategy subscription
success successful superseded system tag tags target task tasks team teams template test tests
text the time title to token tokens tree trigger true type unresolved up update updated url user
username users value values variable variables version view watch watchers web webhook webhooks
wiki will with workspace workspaces write
"""
PROTOCOL = frozenset(_WORDS.split())
