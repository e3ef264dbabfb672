"""What a key may do. A view without a declaration refuses everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.enums import Permission
from web.errors import Forbidden, MethodNotAllowed

if TYPE_CHECKING:  # DRF reads this module while it loads its views
    from rest_framework.views import APIView

ANY_KEY: Final = "any key"  # for a view every valid key may use


class HasDeclaredPermission(BasePermission):
    """Reads `permissions` of the view: a mapping from method to Permission, or ANY_KEY.

    A method the view does not know is 405; one it knows but does not declare is 403 for everybody.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        key: Any = request.auth
        method = request.method or ""
        if not hasattr(view, method.lower()) or method.lower() not in view.http_method_names:
            raise MethodNotAllowed
        declared = getattr(view, "permissions", {})
        if method == "OPTIONS" or declared == ANY_KEY:
            return True
        needed = declared.get("GET" if method == "HEAD" else method)
        if needed is None or key is None:
            raise Forbidden
        if needed not in key.permissions:
            raise Forbidden(f"This API key lacks the permission {Permission(needed).value}.")
        return True
