"""Every exception that bbasync raises; no other room defines one.

What raises them does not live here: from an answer to its error is wire's business.

The tree (a test compares it with the classes):

BitbucketError
├── ConfigurationError
├── ArgumentError
│   └── UnknownRelError
├── ClientClosedError
├── UntrustedAddressError
├── ConnectionFailedError
├── TimedOutError
├── AmbiguousWriteError
├── PagingError
├── DecodingError
├── ReauthorizationRequired
├── InvalidTokenError
├── TokenStoreError
├── WebhookError
│   └── SignatureError
└── AnswerError
    ├── OAuthError
    ├── NotReadyError
    ├── RedirectError
    ├── BadRequestError
    ├── UnauthorizedError
    ├── PaymentRequiredError
    ├── ForbiddenError
    ├── NotFoundError
    ├── MethodNotAllowedError
    ├── NotAcceptableError
    ├── ConflictError
    ├── GoneError
    ├── LengthRequiredError
    ├── PreconditionFailedError
    ├── ContentTooLargeError
    ├── AddressTooLongError
    ├── UnsupportedMediaTypeError
    ├── RangeNotSatisfiableError
    ├── RateLimitedError
    └── ServerError
        └── ServerTookTooLongError
"""

from .answered import (
    AddressTooLongError,
    AnswerError,
    BadRequestError,
    ConflictError,
    ContentTooLargeError,
    ForbiddenError,
    GoneError,
    LengthRequiredError,
    MethodNotAllowedError,
    NotAcceptableError,
    NotFoundError,
    NotReadyError,
    OAuthError,
    PaymentRequiredError,
    PreconditionFailedError,
    RangeNotSatisfiableError,
    RateLimitedError,
    RedirectError,
    ServerError,
    ServerTookTooLongError,
    UnauthorizedError,
    UnsupportedMediaTypeError,
)
from .unanswered import (
    AmbiguousWriteError,
    ArgumentError,
    BitbucketError,
    ClientClosedError,
    ConfigurationError,
    ConnectionFailedError,
    DecodingError,
    InvalidTokenError,
    PagingError,
    ReauthorizationRequired,
    SignatureError,
    TimedOutError,
    TokenStoreError,
    UnknownRelError,
    UntrustedAddressError,
    WebhookError,
)

__all__ = [
    "AddressTooLongError",
    "AmbiguousWriteError",
    "AnswerError",
    "ArgumentError",
    "BadRequestError",
    "BitbucketError",
    "ClientClosedError",
    "ConfigurationError",
    "ConflictError",
    "ConnectionFailedError",
    "ContentTooLargeError",
    "DecodingError",
    "ForbiddenError",
    "GoneError",
    "InvalidTokenError",
    "LengthRequiredError",
    "MethodNotAllowedError",
    "NotAcceptableError",
    "NotFoundError",
    "NotReadyError",
    "OAuthError",
    "PagingError",
    "PaymentRequiredError",
    "PreconditionFailedError",
    "RangeNotSatisfiableError",
    "RateLimitedError",
    "ReauthorizationRequired",
    "RedirectError",
    "ServerError",
    "ServerTookTooLongError",
    "SignatureError",
    "TimedOutError",
    "TokenStoreError",
    "UnauthorizedError",
    "UnknownRelError",
    "UnsupportedMediaTypeError",
    "UntrustedAddressError",
    "WebhookError",
]
