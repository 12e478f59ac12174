#!/bin/sh
# Which AWS packages a build is made on: prints "published" where the NuGet feed holds them, else "bundled".
# AWS_PACKAGES=published or bundled decides instead. A feed that does not answer is an error: nobody knows what it holds.
set -eu
cd "$(dirname "$0")/.."

case "${AWS_PACKAGES:-}" in
  published | bundled) echo "$AWS_PACKAGES" && exit ;;
  '') ;;
  *) echo "AWS_PACKAGES is '$AWS_PACKAGES'; it must be 'published' or 'bundled', or not set." >&2 && exit 64 ;;
esac

# NuGet's codes: NU1101 is a package that no feed holds, NU1102 one of which none holds a version in the range.
code=0
told=$(dotnet restore EcrGuard.Lambda -r "${RUNTIME:-linux-x64}" -p:AwsPackages=published --nologo 2>&1) || code=$?
errors=$(echo "$told" | grep -o 'error [A-Z]*[0-9]*' | sort -u)
if [ "$code" -eq 0 ]; then
  echo published
elif [ -n "$errors" ] && ! echo "$errors" | grep -qv '^error NU110[12]$'; then
  echo "The NuGet feed does not hold all of the published AWS packages: the bundled ones take their place." >&2
  echo bundled
else
  echo "$told" >&2
  exit "$code"
fi
