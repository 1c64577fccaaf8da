import json
import sys

def read_todo():
    try:
        with open('todo.json', 'r') as file:
            return json.load(file)
    except FileNotFoundError:
        return []

def write_todo(todo):
    with open('todo.json', 'w') as file:
        json.dump(todo, file, indent=4)

def add_item(todo, text):
    if not text.strip():
        print("wrong arguments", file=sys.stderr)
        return 2
    todo.append({'id': len(todo) + 1, 'text': text.strip(), 'done': False})
    write_todo(todo)
    print(f"added {todo[-1]['id']}")
    return 0

def list_items(todo, open_only=False):
    for item in todo:
        if open_only and not item['done']:
            print(f"{item['id']} [ ] {item['text']}")
        elif not open_only and not item['done']:
            print(f"{item['id']} [x] {item['text']}")
    return 0

def done_item(todo, id):
    for item in todo:
        if item['id'] == int(id):
            item['done'] = True
            write_todo(todo)
            print(f"done {id}")
            return 0
    print("wrong arguments", file=sys.stderr)
    return 2

def remove_item(todo, id):
    for i, item in enumerate(todo):
        if item['id'] == int(id):
            del todo[i]
            write_todo(todo)
            print(f"removed {id}")
            return 0
    print("wrong arguments", file=sys.stderr)
    return 2

def count_items(todo):
    open_count = sum(1 for item in todo if not item['done'])
    done_count = sum(1 for item in todo if item['done'])
    print(f"OPEN {open_count}, DONE {done_count}")
    return 0

def main():
    command, *rest = sys.argv[1:] or [""]
    if command == "add":
        return add_item(read_todo(), rest[0])
    elif command == "list":
        return list_items(read_todo(), "--open" in rest)
    elif command == "done":
        return done_item(read_todo(), rest[0])
    elif command == "remove":
        return remove_item(read_todo(), rest[0])
    elif command == "count":
        return count_items(read_todo())
    else:
        print("wrong arguments", file=sys.stderr)
        return 2

if __name__ == "__main__":
    sys.exit(main())
