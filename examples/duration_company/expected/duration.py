import sys
from typing import List

def main(args: List[str]) -> int:
    if len(args) != 1:
        print("wrong arguments", file=sys.stderr)
        return 2

    try:
        seconds = int(args[0])
        if seconds < 0:
            print("negative seconds", file=sys.stderr)
            return 2
        hours = seconds // 3600
        minutes = (seconds % 3600) // 60
        seconds = seconds % 60
        print(f"{hours}h {minutes}m {seconds}s")
        return 0
    except ValueError:
        print("not a whole number", file=sys.stderr)
        return 2

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
