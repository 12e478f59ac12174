"""What botocore makes of the operations that the bundled packages have.

stdin: [{"service": "ecr", "operation": "PutImage", "parameters": {...}}, ...], parameters as the .NET request object has them (names in .NET's case, times in ISO 8601, bytes in base64).
stdout: for each, the request that botocore validates and serializes from them, which members of the model were not given, and an answer with a value for every member.
"""
import base64
import json
import sys
import urllib.parse

import botocore.serialize
import botocore.session
import botocore.validate

SESSION = botocore.session.get_session()


def parameters_of(shape, value, path, missing):
    """The parameters under the model's own names; members of the model that are not given are added to missing."""
    if shape.type_name == "structure":
        given = {name.lower(): v for name, v in value.items()}
        result = {}
        for name, member in shape.members.items():
            if name.lower() in given:
                result[name] = parameters_of(member, given.pop(name.lower()), f"{path}.{name}", missing)
            else:
                missing.append(f"{path}.{name}")
        assert not given, f"{path} has no {sorted(given)}"
        return result
    if shape.type_name == "list":
        return [parameters_of(shape.member, item, path, missing) for item in value]
    if shape.type_name == "map":
        return {key: parameters_of(shape.value, item, path, missing) for key, item in value.items()}
    if shape.type_name == "blob":
        return base64.b64decode(value)
    return value


def example_of(shape, name, numbers):
    """A JSON value for every member of an output; strings are the member's name and a number, or a value of the enumeration."""
    numbers[0] += 1
    kind = shape.type_name
    if kind == "structure":
        return {m.serialization.get("name", n): example_of(m, n, numbers) for n, m in shape.members.items()}
    if kind == "list":
        return [example_of(shape.member, name, numbers) for _ in range(2)]
    if kind == "map":
        return {shape.key.enum[0] if getattr(shape.key, "enum", None) else f"key{numbers[0]}": example_of(shape.value, name, numbers)}
    if kind == "string":
        return shape.enum[-1] if shape.enum else f"{name} {numbers[0]}"
    if kind == "timestamp":
        return 1700000000.25 + numbers[0]
    if kind == "boolean":
        return True
    if kind == "double":
        return numbers[0] + 0.5
    return numbers[0]


def wire(service, operation, parameters):
    model = SESSION.get_service_model(service)
    operation_model = model.operation_model(operation)
    missing = []
    arguments = parameters_of(operation_model.input_shape, parameters, operation, missing)
    report = botocore.validate.ParamValidator().validate(arguments, operation_model.input_shape).generate_report()
    # Lengths and patterns are the service's business; names and types are ours.
    report = "\n".join(line for line in report.splitlines() if "Invalid length" not in line and "Invalid range" not in line)
    assert not report, report
    request = botocore.serialize.create_serializer(model.metadata["protocol"], include_validation=False).serialize_to_request(arguments, operation_model)
    body = request["body"]
    return {
        "method": request["method"],
        "path": request["url_path"] + ("?" + urllib.parse.urlencode(request["query_string"], quote_via=urllib.parse.quote, safe="-._~") if request.get("query_string") else ""),
        "headers": dict(request["headers"]),
        "body": (body or "") if isinstance(body, dict) else body.decode() if isinstance(body, bytes) else body,
        "missing": missing,
        "answer": example_of(operation_model.output_shape, operation, [0]) if operation_model.output_shape else {},
    }


if __name__ == "__main__":
    json.dump([wire(**call) for call in json.load(sys.stdin)], sys.stdout)
