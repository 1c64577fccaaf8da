import sys
from typing import List

def convert_seconds_to_hms(seconds: int) -> str:
    hours = seconds // 3600
    minutes = (seconds % 3600) // 60
    seconds = seconds % 60
    return f"{hours}h {minutes}m {seconds}s"

def main(args: List[str]) -> int:
    if len(args) != 1:
        print("wrong arguments", file=sys.stderr)
        return 2

    try:
        seconds = int(args[0])
        if seconds < 0:
            print("wrong arguments", file=sys.stderr)
            return 2
        if not seconds.is_integer():
            print("wrong arguments", file=sys.stderr)
            return 2
    except ValueError:
        print("wrong arguments", file=sys.stderr)
        return 2

    result = convert_seconds_to_hms(seconds)
    print(result)
    return 0

if __name__ == "__main__":
    sys.exit(main())
